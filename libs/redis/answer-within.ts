/**
 * Waits for an answer of Redis for so long and no longer. What was asked may still be done after that.
 * @throws Error after `timeoutMs`; what `answer` is rejected with
 */
export async function answerWithin<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // Where it was this process that was late, the answer has arrived and is read first.
      setImmediate(() => {
        reject(new Error(`Redis did not answer within ${String(timeoutMs)} ms`));
      });
    }, timeoutMs);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
