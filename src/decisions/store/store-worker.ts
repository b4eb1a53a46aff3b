import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from './open-store.ts';
import type { StoreCall, StoreReply } from './remote-store.ts';
import type { Store } from './store.ts';
import { isRefusal } from './store-failure.ts';

/** Runs a store in a thread of its own, so that a slow disk or a locked file never holds up a hook call. */
async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const { where, passing } = workerData as { readonly where: string; readonly passing: boolean };
  let opening: Promise<Store> | undefined;
  // Opened again on the next call after a failure: a disk that is full or a server that is down may come back.
  const opened = (): Promise<Store> => {
    opening ??= openStore(where, passing).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  port.on('message', async (call: StoreCall) => {
    const reply = (answer: StoreReply): void => port.postMessage(answer);
    try {
      const store = await opened();
      const method = store[call.method] as (...args: readonly unknown[]) => Promise<unknown>;
      reply({ call: call.call, ok: true, value: await method.apply(store, [...call.args]) });
      if (call.method === 'close') port.close();
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      reply({ call: call.call, ok: false, error: message, refused: isRefusal(error) });
    }
  });
}

if (parentPort !== null) await serve(parentPort);
