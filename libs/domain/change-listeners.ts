import type { Change } from './change-feed';

type Listener = (change: Change) => void;

/** Those who have subscribed to a feed. One that throws is reported, and keeps nobody else from being told. */
export class ChangeListeners {
  private readonly listeners = new Set<Listener>();

  /** @param onFault told when a subscriber throws; must not throw itself */
  constructor(private readonly onFault: (error: unknown) => void) {}

  /** @returns a function that ends the subscription */
  subscribe(listener: Listener): () => void {
    // A function of its own for each subscription, so that one listener may subscribe twice.
    const subscription: Listener = (change) => {
      listener(change);
    };
    this.listeners.add(subscription);
    return () => {
      this.listeners.delete(subscription);
    };
  }

  tell(change: Change): void {
    // A copy: whoever subscribes while being told hears from the next change on.
    for (const listener of [...this.listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}
