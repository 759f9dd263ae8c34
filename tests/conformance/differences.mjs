// Why runs of random machines differ from those of aws-local-stepfunctions; more in DIFFERENCES.md.
const reasons = [
  [/Path expression '\$' does not point to a value/, 'a path to null finds nothing there; AWS finds null'],
];

// The reason of a difference, or null.
export function explain(test, got) {
  return reasons.find(([cause]) => cause.test(got.cause ?? ''))?.[1] ?? null;
}
