import { type LinkMessage, type NewsTable, type QuestionTable, isLinkMessage } from './link-message';

/** One end of an IPC channel. */
export interface Channel {
  /** @param sent told when the message is on its way, or why not */
  send(message: LinkMessage, sent: (error: Error | null) => void): void;
  onMessage(listener: (message: unknown) => void): void;
  onClosed(listener: () => void): void;
}

interface Waiting {
  readonly resolve: (payload: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

type Answerer = (question: unknown) => unknown;
type Listener = (news: unknown) => void;

/**
 * Questions and news between a worker and the primary; the same at both ends. What travels is plain data, as JSON has it.
 * `Questions` and `News` name what the program's processes have to say to each other.
 */
export class Link<Questions extends QuestionTable<Questions>, News extends NewsTable<News>> {
  private readonly waiting = new Map<number, Waiting>();
  private readonly answerers = new Map<string, Answerer>();
  private readonly listeners = new Map<string, Listener>();
  private lastId = 0;

  constructor(private readonly channel: Channel) {
    channel.onMessage((message) => {
      if (isLinkMessage(message)) this.receive(message);
    });
    channel.onClosed(() => {
      for (const id of [...this.waiting.keys()]) this.fail(id, channelClosed());
    });
  }

  /**
   * @param timeoutMs after which the answer is not waited for any more
   * @throws Error when there is no answer in time, when the other end could not answer, or when the channel is closed
   */
  ask<T extends keyof Questions & string>(
    topic: T,
    question: Questions[T]['question'],
    timeoutMs: number,
  ): Promise<Questions[T]['answer']> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.fail(id, new Error(`no answer about ${topic} within ${String(timeoutMs)} ms`));
      }, timeoutMs).unref();
      this.waiting.set(id, { resolve, reject, timer });
      this.channel.send({ ask: id, topic, payload: question }, (error) => {
        if (error !== null) this.fail(id, error);
      });
    });
  }

  /** Says who answers a question; one for each. */
  answer<T extends keyof Questions & string>(
    topic: T,
    answerer: (question: Questions[T]['question']) => Questions[T]['answer'] | Promise<Questions[T]['answer']>,
  ): void {
    this.answerers.set(topic, answerer);
  }

  /** @returns when it is sent, or cannot be: who is gone needs no news */
  tell<T extends keyof News & string>(topic: T, news: News[T]): Promise<void> {
    return new Promise((resolve) => {
      this.channel.send({ tell: topic, payload: news }, () => {
        resolve();
      });
    });
  }

  /** Says who hears of news; one for each. */
  listen<T extends keyof News & string>(topic: T, listener: (news: News[T]) => void): void {
    this.listeners.set(topic, listener as Listener);
  }

  private receive(message: LinkMessage): void {
    if ('ask' in message) void this.respond(message.ask, message.topic, message.payload);
    else if ('tell' in message) this.listeners.get(message.tell)?.(message.payload);
    else if (message.error !== undefined) this.fail(message.answer, new Error(message.error));
    else this.settle(message.answer)?.resolve(message.payload);
  }

  private async respond(id: number, topic: string, question: unknown): Promise<void> {
    let answer: LinkMessage;
    try {
      const answerer = this.answerers.get(topic);
      if (answerer === undefined) throw new Error(`nobody answers about ${topic}`);
      const given = answerer(question);
      answer = { answer: id, payload: given instanceof Promise ? await given : given };
    } catch (error) {
      answer = { answer: id, error: error instanceof Error ? error.message : String(error) };
    }
    // Who is gone waits for no answer.
    this.channel.send(answer, () => undefined);
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  private fail(id: number, error: Error): void {
    this.settle(id)?.reject(error);
  }
}

function channelClosed(): Error {
  return Object.assign(new Error('the channel to the other process is closed'), { code: 'ERR_IPC_CHANNEL_CLOSED' });
}
