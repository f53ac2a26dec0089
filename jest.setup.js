require('@testing-library/jest-dom');
const { TextDecoder, TextEncoder } = require('node:util');

Object.assign(globalThis, { TextDecoder, TextEncoder });

// react-dom wants a MessageChannel; the one of worker_threads keeps the run from ending.
globalThis.MessageChannel = class {
  port1 = { onmessage: null, close() {} };
  port2 = { postMessage: () => setTimeout(() => this.port1.onmessage?.({}), 0), close() {} };
};

globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};

Object.defineProperty(globalThis, 'matchMedia', {
  writable: true,
  value: (media) => ({ matches: false, media, addEventListener() {}, removeEventListener() {} }),
});

// jsdom draws nothing: what is drawn is tested through the pixels that draw.ts computes.
HTMLCanvasElement.prototype.getContext = () => null;
