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

// jsdom draws nothing. This context takes every call and measures text, so
// that the drawing code runs; what it draws is tested by its pixels.
HTMLCanvasElement.prototype.getContext = function () {
  const known = {
    canvas: this,
    measureText: (text) => ({ width: 7 * text.length }),
    createImageData: (width, height) => ({ data: new Uint8ClampedArray(4 * width * height) }),
    createPattern: () => ({}),
  };
  return new Proxy(known, { get: (target, key) => target[key] ?? (() => undefined) });
};

// jsdom has no pointer events; without this they lose their place.
globalThis.PointerEvent ??= class extends MouseEvent {};
