/** Those who want to be told. One that throws is reported, and keeps nobody else from being told. */
export class Listeners<T> {
  private readonly listeners = new Set<{ readonly tell: (news: T) => void }>();

  /** @param onFault told when a listener throws; must not throw itself */
  constructor(private readonly onFault: (error: unknown) => void) {}

  /** @returns a function that ends the subscription */
  add(listener: (news: T) => void): () => void {
    const subscription = { tell: listener };
    this.listeners.add(subscription);
    return () => {
      this.listeners.delete(subscription);
    };
  }

  tell(news: T): void {
    for (const { tell } of [...this.listeners]) {
      try {
        tell(news);
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}
