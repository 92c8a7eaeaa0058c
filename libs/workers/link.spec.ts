import { linkPair as newLinkPair } from '../../test/support/link-pair';

interface Questions {
  readonly metrics: { readonly question: null; readonly answer: string };
  readonly take: { readonly question: readonly string[]; readonly answer: readonly number[] };
  readonly 'give-back': { readonly question: readonly string[]; readonly answer: null };
}

interface News {
  readonly listening: { readonly url: string };
}

const linkPair = newLinkPair<Questions, News>;

describe('a link between two processes', () => {
  it('brings each answer to its question, whatever their order', async () => {
    const { worker, primary } = linkPair();
    let answerFirst = (_text: string): void => undefined;
    primary.answer('metrics', () => new Promise((resolve) => (answerFirst = resolve)));
    primary.answer('take', () => [7]);
    const slow = worker.ask('metrics', null, 1_000);
    expect(await worker.ask('take', [], 1_000)).toEqual([7]);
    answerFirst('text');
    expect(await slow).toBe('text');
  });

  it('tells the asker why there is no answer', async () => {
    const { worker, primary } = linkPair();
    primary.answer('metrics', () => Promise.reject(new Error('no metrics here')));
    await expect(worker.ask('metrics', null, 1_000)).rejects.toThrow('no metrics here');
    await expect(worker.ask('give-back', [], 1_000)).rejects.toThrow('nobody answers about give-back');
  });

  it('waits for an answer only as long as it was told to, and takes a late one for nothing', async () => {
    jest.useFakeTimers();
    const { worker, primary } = linkPair();
    let answer = (_text: string): void => undefined;
    primary.answer('metrics', () => new Promise((resolve) => (answer = resolve)));
    const asked = worker.ask('metrics', null, 1_000);
    const refused = expect(asked).rejects.toThrow('no answer about metrics within 1000 ms');
    await jest.advanceTimersByTimeAsync(1_000);
    await refused;
    answer('late');
    await jest.advanceTimersByTimeAsync(0);
    jest.useRealTimers();
  });

  it('fails what waits when the channel closes, by an error with a code as Node has it', async () => {
    const { worker, primary, close } = linkPair();
    primary.answer('metrics', () => new Promise(() => undefined));
    const asked = worker.ask('metrics', null, 1_000);
    close();
    await expect(asked).rejects.toMatchObject({ code: 'ERR_IPC_CHANNEL_CLOSED' });
    await expect(worker.ask('metrics', null, 1_000)).rejects.toMatchObject({ code: 'ERR_IPC_CHANNEL_CLOSED' });
    await worker.tell('listening', { url: 'http://nobody' });
  });

  it('tells news, and passes over what is none of its own messages', async () => {
    const { worker, primary, inject } = linkPair();
    const heard: string[] = [];
    primary.listen('listening', ({ url }) => heard.push(url));
    for (const strange of [undefined, null, 'text', 7, {}, { cmd: 'NODE_X' }, { answer: 99, payload: 1 }])
      inject(strange);
    await worker.tell('listening', { url: 'http://a' });
    expect(heard).toEqual(['http://a']);
  });
});
