import type { GatewayLedger } from '../ledger/gateway-ledger';
import type { AdmissionDecision } from '../ledger/session-ledger';
import { PortRefusedError } from '../ports/port-desk';
import type { GatewayLink } from './gateway-link';
import { WORKER_ANSWER_MS } from './limits';

/** The ledger in the primary: answers the workers, and passes on to them what concerns them. */
export class LedgerService {
  private readonly links = new Map<number, GatewayLink>();
  /** Tokens whose users are being dealt out, each with the end of the last deal. */
  private readonly deals = new Map<string, Promise<void>>();

  constructor(private readonly ledger: GatewayLedger) {}

  /** Serves a worker from now on. */
  add(member: number, link: GatewayLink): void {
    const { ledger } = this;
    this.links.set(member, link);
    link.answer('admit', async (claim) => {
      this.assertHere(member);
      return this.afterReplacing(ledger.admit(member, claim));
    });
    link.listen('leave', ({ session }) => {
      ledger.leave({ member, session });
    });
    link.answer('claim-proxy', async ({ session, claim }) => {
      const refusal = ledger.claimProxy({ member, session }, claim);
      if (refusal !== undefined) return refusal;
      const { limitKey, maxConnections } = claim;
      // So that its first user need not wait for the next deal.
      if (ledger.connections.join(member, limitKey, maxConnections)) await this.deal(limitKey);
      return null;
    });
    link.listen('release-proxy', ({ session, name }) => {
      ledger.releaseProxy({ member, session }, name);
    });
    link.answer('reserve-port', ({ kind, wish }) => {
      this.assertHere(member);
      try {
        return { port: ledger.reservePort(member, kind, wish) };
      } catch (error) {
        if (!(error instanceof PortRefusedError)) throw error;
        return { refusal: error.reason };
      }
    });
    link.listen('settle-port', ({ kind, wish, port, isListening }) => {
      ledger.settlePort(member, kind, wish, port, isListening);
    });
    link.listen('release-port', ({ kind, owner, port }) => {
      ledger.releasePort(member, kind, owner, port);
    });
    link.listen('block', ({ blocked, seconds }) => {
      ledger.blocks.block(blocked, seconds);
    });
    link.answer('find-session', (runId) => ledger.sessions.findByRunId(runId)?.member ?? null);
    link.listen('uses', (uses) => {
      for (const limitKey of ledger.connections.note(member, uses)) void this.deal(limitKey);
    });
    link.listen('failed-login', (failed) => {
      for (const [other, otherLink] of this.links) if (other !== member) void otherLink.tell('failed-login', failed);
    });
  }

  /** The worker has ended. */
  drop(member: number): void {
    if (!this.links.delete(member)) return;
    const shared = this.ledger.dropMember(member);
    for (const limitKey of shared) void this.deal(limitKey);
  }

  /** @returns when the last deal that was begun has ended */
  async settled(): Promise<void> {
    await Promise.all(this.deals.values());
  }

  /** What a worker has asked may be heard after its end is. */
  private assertHere(member: number): void {
    if (!this.links.has(member)) throw new Error('the worker has ended');
  }

  private async afterReplacing({ admission, former }: AdmissionDecision): Promise<AdmissionDecision['admission']> {
    if (former === undefined) return admission;
    try {
      await this.links.get(former.member)?.ask('replace', former.session, WORKER_ANSWER_MS);
    } catch {
      // It has ended, or hangs: what is left of the session goes with it.
    }
    return admission;
  }

  /** One after the other for each token: what one has given up is given out before the next counts. */
  private deal(limitKey: string): Promise<void> {
    const deal = (this.deals.get(limitKey) ?? Promise.resolve()).then(() => this.dealOnce(limitKey));
    this.deals.set(limitKey, deal);
    return deal.finally(() => {
      if (this.deals.get(limitKey) === deal) this.deals.delete(limitKey);
    });
  }

  private async dealOnce(limitKey: string): Promise<void> {
    const { connections } = this.ledger;
    await Promise.all(
      connections.shrinksOf(limitKey).map(async ({ member, share }) => {
        try {
          const answer = await this.links.get(member)?.ask('shrink', { limitKey, share }, WORKER_ANSWER_MS);
          if (answer !== undefined) connections.shrunk(limitKey, member, share, answer.used);
        } catch {
          // It may still have all of its share, which therefore counts on as its own.
        }
      }),
    );
    for (const { member, share } of connections.grow(limitKey)) {
      void this.links.get(member)?.tell('share', { limitKey, share });
    }
  }
}
