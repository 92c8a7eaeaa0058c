import { type Layer, type Subject, WINDOWS, type WindowLimits } from '@tollgate/limiter';

/** How the contract names a layer: in headers, and in the text of a refusal. */
const NAMES: Readonly<Record<Layer, { readonly header: string; readonly text: string }>> = {
  app: { header: 'App', text: 'Application' },
  account: { header: 'Account', text: 'Account' },
  token: { header: 'Token', text: 'Token' },
  address: { header: 'Address', text: 'Address' },
};

/** Policies by layer and limits: the same few of them stand on most tokens. */
const policies = new Map<string, string>();
const MAX_POLICIES = 10_000;

/** A subject with the parts of its headers that do not change from request to request. */
export class LimitedSubject implements Subject {
  /** `App`, `Account` or `Token`. */
  readonly headerName: string;
  /** Items of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, section 3): one for each limited window. */
  readonly policy: string;

  constructor(
    readonly layer: Layer,
    readonly key: string,
    readonly group: string,
    readonly limits: WindowLimits,
  ) {
    this.headerName = NAMES[layer].header;
    this.policy = policyOf(layer, limits);
  }

  /** The contract's text for a refusal by this layer. */
  get refusalText(): string {
    return `${NAMES[this.layer].text} rate limit exceeded`;
  }
}

function policyOf(layer: Layer, limits: WindowLimits): string {
  const key = `${layer} ${limits.join(' ')}`;
  let policy = policies.get(key);
  if (policy === undefined) {
    policy = WINDOWS.flatMap(({ name, seconds }, index) => {
      const limit = limits[index] ?? 0;
      return limit === 0 ? [] : [`"${layer}-${name}";q=${String(limit)};w=${String(seconds)}`];
    }).join(', ');
    if (policies.size >= MAX_POLICIES) policies.clear();
    policies.set(key, policy);
  }
  return policy;
}
