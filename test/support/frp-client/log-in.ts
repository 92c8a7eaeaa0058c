import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import {
  ClientNegotiation,
  type ControlCipher,
  loginKey,
  type MessageOf,
  type OutgoingMessageOf,
  type RandomBytes,
  ServerHelloDecoder,
  StreamKey,
  V2_MAGIC,
  type V2Agreement,
  v1Codec,
  v1ControlCipher,
  v2Codec,
  v2ControlCipher,
} from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';
import type { FrpClientOptions } from './options';
import { readOne } from './read-one';
import { splitFrame, writeOpening, writesOf } from './write-message';

/** What frpc offers besides what we have. Frps takes the first, which every end has. */
const ALSO_OFFERED = ['xchacha20-poly1305'];

/** The server does not want this client. */
export class LoginRefusedError extends Error {
  override readonly name = 'LoginRefusedError';
}

/** What the login has settled. */
export interface LoggedIn {
  readonly response: MessageOf<'loginResp'>;
  readonly cipher: ControlCipher;
}

/**
 * Says who the client is, and reads the answer.
 * @param stream a new logical stream; paused behind the answer when this resolves
 * @throws LoginRefusedError with the server's text
 */
export async function logIn(stream: ByteStream, options: FrpClientOptions): Promise<LoggedIn> {
  const { token, wire = 'v1', randomBytes = cryptoRandomBytes } = options;
  const login = loginOf(options);
  if (wire === 'v1') {
    writeOpening(stream, v1Codec, login);
    const response = await readResponse(stream, v1Codec.decoder());
    return { response, cipher: v1ControlCipher(new StreamKey(token), randomBytes) };
  }
  const agreement = await negotiate(stream, login, options, randomBytes);
  const response = await readResponse(stream, v2Codec.decoder());
  return { response, cipher: v2ControlCipher(agreement, token, 'client', randomBytes) };
}

function loginOf({ token, login = {}, nowSeconds = machineSeconds }: FrpClientOptions): OutgoingMessageOf<'login'> {
  const timestamp = login.timestamp ?? nowSeconds();
  return {
    type: 'login',
    version: '0.70.1',
    hostname: 'test',
    os: 'linux',
    arch: 'amd64',
    privilegeKey: loginKey(token, timestamp),
    clientSpec: { type: '', alwaysAuthPass: false },
    poolCount: 1,
    ...login,
    timestamp,
  };
}

/** Unix seconds. */
export function machineSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

async function negotiate(
  stream: ByteStream,
  login: OutgoingMessageOf<'login'>,
  { transport = 'tcp', tls = 'on', mux = true }: FrpClientOptions,
  randomBytes: RandomBytes,
): Promise<V2Agreement> {
  const bootstrap = { transport, tls: tls !== 'off', tcpMux: mux };
  const negotiation = new ClientNegotiation(bootstrap, randomBytes, ALSO_OFFERED);
  stream.write(V2_MAGIC);
  // frpc does not wait for the answer either.
  for (const write of [...splitFrame(negotiation.frame), ...writesOf(v2Codec, login)]) stream.write(write);
  const choice = negotiation.readServerHello(await readOne(stream, new ServerHelloDecoder()));
  if (!choice.accepted) throw new LoginRefusedError(choice.error);
  return choice.agreement;
}

async function readResponse(
  stream: ByteStream,
  decoder: ReturnType<typeof v1Codec.decoder>,
): Promise<MessageOf<'loginResp'>> {
  const message = await readOne(stream, decoder);
  if (message.type !== 'loginResp') throw new Error(`a ${message.type} in answer to the login`);
  if (message.error !== '') throw new LoginRefusedError(message.error);
  return message;
}
