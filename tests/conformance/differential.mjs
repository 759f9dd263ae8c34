// node differential.mjs FOLDER [-v] < CASES: hold runs of random machines against those of another
// interpreter, aws-local-stepfunctions, which is installed in FOLDER/node_modules.
//
// CASES are what `random --common --no-variables --print` writes. Waits and delays take no time.
// A difference that the table below explains is counted by its reason. Prints a line per difference
// that nothing explains, then "passed N, failed M, explained K". Exit status 0, 1, 77 (the
// interpreter is not installed).
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { explain } from './differences.mjs';

const [folder, verbose] = process.argv.slice(2);
let StateMachine;
try {
  ({ StateMachine } = createRequire(`${folder}/`)('aws-local-stepfunctions'));
} catch {
  console.log('skipped: aws-local-stepfunctions not installed');
  process.exit(77);
}

// Older versions of Node.js do not have it.
Promise.withResolvers ??= () => {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
};

function* states(scope) {
  for (const [name, state] of Object.entries(scope.States)) {
    yield [name, state];
    for (const inner of [state.Iterator, state.ItemProcessor, ...(state.Branches ?? [])])
      if (inner) yield* states(inner);
  }
}

// What a Task answers; see asl_case.h.
function handler(name, tasks) {
  let attempt = -1;
  return (input) => {
    attempt++;
    const answer = tasks.find((task) => task.state === name &&
      (task.attempt === undefined || task.attempt === attempt) &&
      (task.input === undefined || isDeepStrictEqual(task.input, input)));
    const result = answer?.result ?? {};
    if (result.error !== undefined) {
      const error = new Error(result.cause ?? '');
      error.name = result.error;
      throw error;
    }
    if (result.wrap !== undefined) return { [result.wrap]: input };
    return result.output === undefined ? input : structuredClone(result.output);
  };
}

async function run(test) {
  const overrides = { taskResourceLocalHandlers: {}, waitTimeOverrides: {}, retryIntervalOverrides: {} };
  for (const [name, state] of states(test.definition)) {
    if (state.Type === 'Task') overrides.taskResourceLocalHandlers[name] = handler(name, test.tasks);
    if (state.Type === 'Wait') overrides.waitTimeOverrides[name] = 0;
    if (state.Retry) overrides.retryIntervalOverrides[name] = state.Retry.map(() => 0);
  }
  const machine = new StateMachine(structuredClone(test.definition), { validationOptions: { noValidate: true } });
  try {
    const output = await machine.run(structuredClone(test.input), { overrides, context: { Execution: { Input: structuredClone(test.input) } } }).result;
    return { status: 'SUCCEEDED', output: JSON.parse(JSON.stringify(output ?? null)) };
  } catch (error) {
    const inner = error.cause ?? error;
    return { status: 'FAILED', error: inner.name, cause: inner.message };
  }
}

// Causes that the interpreters make up themselves have no common words.
const NO_CAUSE = 'Execution failed because of a Fail state'; // said there for a Fail without Cause
function plain(value) {
  if (value === NO_CAUSE) return '';
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const own = typeof value.Error === 'string' && value.Error.startsWith('States.');
  return Object.fromEntries(Object.entries(value).filter(([key]) => !(own && key === 'Cause'))
    .map(([key, member]) => [key, plain(member)]));
}

// Errors that come up inside have names of its own there.
function made(error) {
  return error?.startsWith('States.');
}

function same(a, b) {
  if (a.status !== b.status) return false;
  if (a.status === 'SUCCEEDED') return isDeepStrictEqual(plain(a.output), plain(b.output));
  return a.error === b.error || (made(a.error) && !b.error?.startsWith('Err.'));
}

let passed = 0;
let failed = 0;
const reasons = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const test = JSON.parse(line);
  const got = await run(test);
  if ([test.expected, ...test.others].some((one) => same(one, got))) {
    passed++;
    continue;
  }
  const reason = explain(test, got);
  if (reason) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (!verbose) continue;
  } else {
    failed++;
  }
  console.log(`${test.id}: ${JSON.stringify(got).slice(0, 600)}, here ${JSON.stringify(test.expected).slice(0, 600)}`);
}
for (const [reason, count] of reasons) console.log(`${count} times: ${reason}`);
const explained = [...reasons.values()].reduce((sum, count) => sum + count, 0);
console.log(`passed ${passed}, failed ${failed}, explained ${explained}`);
process.exit(failed || !passed ? 1 : 0);
