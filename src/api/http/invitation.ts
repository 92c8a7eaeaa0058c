import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { postponeBodyDeadline } from './body-deadline';

declare module 'node:http' {
  interface IncomingMessage {
    /** The client sends the body only when it has got a 100 (RFC 9110, section 10.1.1), and has got none yet. */
    awaitsInvitation?: boolean;
  }
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Leaves `Expect: 100-continue` to those routes that check first whether they want the body; for all others it is answered
 * at once, as Node does it.
 * @param invitesItself says of a request's target whether its route calls {@link inviteBody}
 */
export function useInvitations(server: Server, invitesItself: (url: string) => boolean, handle: Handle): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (invitesItself(request.url ?? '')) request.awaitsInvitation = true;
    else response.writeContinue();
    handle(request, response);
  });
  // An expectation that nobody knows may be ignored; Node's own 417 has no body.
  server.on('checkExpectation', handle);
}

/**
 * Asks for the body, where the client waits for that. From here on it has no deadline: whoever takes it looks after its pace.
 */
export function inviteBody(request: IncomingMessage, response: ServerResponse): void {
  postponeBodyDeadline(request, Number.POSITIVE_INFINITY);
  if (request.awaitsInvitation !== true) return;
  request.awaitsInvitation = false;
  response.writeContinue();
}
