// A connection that can be cut: passes bytes on between the browser and the server until told otherwise.

import { createServer, connect } from 'node:net';

/** Listens on a free port and passes everything on to `port` of this machine. */
export async function wire(port) {
  const pairs = new Set();
  let isCut = false;
  // Set by `cutAfter`: bytes towards the server that may still pass.
  let allowance = Infinity;
  let whenSpent = () => {};
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    const pair = [near, far];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    near.on('data', (bytes) => {
      const passing = bytes.subarray(0, Math.max(0, allowance));
      allowance -= bytes.length;
      self.sent += passing.length;
      if (passing.length > 0 && !far.write(passing)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
      if (allowance <= 0) {
        allowance = Infinity;
        // What passed shall arrive before the line goes dead.
        far.end(() => {
          self.cut();
          whenSpent();
        });
      }
    });
    far.pipe(near);
  });
  const self = {
    /** Bytes that have gone to the server. */
    sent: 0,
    /** Ends every connection and refuses new ones. */
    cut() {
      isCut = true;
      for (const pair of [...pairs]) for (const socket of pair) socket.destroy();
    },
    /** Cuts by itself when so many bytes have gone to the server; resolves then. */
    cutAfter(bytes) {
      allowance = bytes;
      return new Promise((resolve) => (whenSpent = resolve));
    },
    /** Lets connections through again. */
    mend() {
      isCut = false;
      allowance = Infinity;
    },
    async close() {
      self.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  self.port = server.address().port;
  self.origin = `http://127.0.0.1:${self.port}`;
  return self;
}
