/** One request as `fetch` was asked to send it. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What the stub answers: a JSON body with status 200 unless said otherwise, or an error to reject with. */
export type StubAnswer =
  | Error
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    };

/** A `fetch` that sends nothing: it records each request and gives the answers it was made with, in order. */
export class StubFetch {
  readonly sent: SentRequest[] = [];
  readonly #answers: StubAnswer[];

  constructor(...answers: StubAnswer[]) {
    this.#answers = answers;
  }

  get last(): SentRequest {
    const request = this.sent.at(-1);
    if (request === undefined) throw new Error('nothing was sent');
    return request;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    this.sent.push({
      url,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : undefined,
    });
    const answer = this.#answers.shift();
    if (answer === undefined) throw new Error(`one request too many: ${init.method ?? 'GET'} ${url}`);
    if (answer instanceof Error) throw answer;
    const text = answer.text ?? JSON.stringify(answer.json ?? {});
    return new Response(text, { status: answer.status ?? 200, ...(answer.headers ? { headers: answer.headers } : {}) });
  };
}
