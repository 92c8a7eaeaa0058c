import { type FrpProcess, startFrp } from './frp-process';

const ANSWER_MS = 20_000;
const STARTED = /\[([^\]]+)\] start proxy success/gu;
const REFUSED = /\[([^\]]+)\] start error: (.*)$/gmu;
const LOGIN_REFUSED = /login to (?:the )?server failed: (.*?)(?:\. With loginFailExit enabled|$)/mu;

/** A stock frpc that its server has answered. */
export interface FrpcProcess {
  /** The server's sentence, when it refused the login. */
  readonly loginError?: string;
  /** The server's sentences, by the names of the proxies that it refused. */
  readonly proxyErrors: Readonly<Record<string, string>>;
  output(): string;
  stop(): Promise<void>;
}

/**
 * Starts an frpc and waits until its log says what has become of the login and of every proxy. Rejects with the log when it does not.
 * @param binary path of the program
 * @param toml its configuration
 * @param proxyNames those that are in it
 */
export async function startFrpc(binary: string, toml: string, proxyNames: readonly string[]): Promise<FrpcProcess> {
  const process = await startFrp(binary, toml);
  const stop = async (): Promise<void> => process.stop();
  try {
    return { ...(await answered(process, proxyNames)), output: () => process.output(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Answers = Pick<FrpcProcess, 'loginError' | 'proxyErrors'>;

async function answered(process: FrpProcess, proxyNames: readonly string[]): Promise<Answers> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      reject(new Error(`frpc was not answered in time:\n${process.output()}`));
    }, ANSWER_MS);
    process.onOutput((output) => {
      const answers = findAnswers(output, proxyNames);
      if (answers === undefined && !process.hasEnded()) return;
      clearTimeout(deadline);
      if (answers === undefined) reject(new Error(`frpc has ended:\n${output}`));
      else resolve(answers);
    });
  });
}

function findAnswers(output: string, proxyNames: readonly string[]): Answers | undefined {
  const loginError = LOGIN_REFUSED.exec(output)?.[1];
  if (loginError !== undefined) return { loginError, proxyErrors: {} };
  const running = new Set([...output.matchAll(STARTED)].map(([, name = '']) => name));
  const proxyErrors = Object.fromEntries([...output.matchAll(REFUSED)].map(([, name = '', text = '']) => [name, text]));
  const isComplete = proxyNames.every((name) => running.has(name) || name in proxyErrors);
  return isComplete && (proxyNames.length > 0 || output.includes('login to server success'))
    ? { proxyErrors }
    : undefined;
}
