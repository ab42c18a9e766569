/**
 * The code that the tab writes for signatures, for a test that executes it.
 *
 * `node scripts/call-code.mjs` reads a JSON list of callees from stdin, as `Callee` has them but with
 * an object for `features`, and writes a list of objects: for each way its code, or null.
 */
import { registerHooks } from 'node:module';
import { text } from 'node:stream/consumers';

// The sources leave out the ending, as Vite lets them.
registerHooks({
  resolve: (specifier, context, next) =>
    next(/^\.{1,2}\/(.*\/)?\w+$/.test(specifier) ? `${specifier}.ts` : specifier, context),
});
const { NoCode, ...calling } = await import('../src/model/callCode.ts');
const serving = await import('../src/model/servingCode.ts');
const WRITERS = {
  python: calling.writePython,
  keras: calling.writeKeras,
  command: calling.writeCommand,
  rest: serving.writeRest,
  grpc: serving.writeGrpc,
};

function write(writer, callee) {
  try {
    return writer(callee);
  } catch (error) {
    if (error instanceof NoCode) return null;
    throw error;
  }
}

const callees = JSON.parse(await text(process.stdin));
const written = callees.map((one) => {
  const callee = { ...one, features: new Map(Object.entries(one.features)) };
  return Object.fromEntries(
    Object.entries(WRITERS).map(([way, writer]) => [way, write(writer, callee)]),
  );
});
process.stdout.write(JSON.stringify(written));
