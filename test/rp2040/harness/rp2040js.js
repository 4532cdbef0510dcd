// The emulator, from build/rp2040, where test/rp2040/run has npm install it: the source tree holds what is ours.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../build/rp2040/package.json', import.meta.url));

export const { GPIOPinState, RP2040, RPI2C } = require('rp2040js');
