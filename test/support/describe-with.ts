/**
 * A suite that needs something of the machine. Where that is absent the suite is skipped and says so; in CI (`CI=true`) it
 * fails, because there it is installed.
 * @param need what it needs, for people
 * @param absence why that is not there; `undefined` when it is
 * @param define defines the cases; called when they are skipped as well
 */
export function describeWith(name: string, need: string, absence: string | undefined, define: () => void): void {
  if (absence === undefined) {
    describe(name, define);
    return;
  }
  if (process.env['CI'] === 'true') {
    it(`${name} needs ${need}`, () => {
      throw new Error(absence);
    });
    return;
  }
  console.warn(`SKIPPED: ${name}: ${absence}`);
  describe.skip(name, define);
}
