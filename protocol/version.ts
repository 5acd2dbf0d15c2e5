/** Raised by one each time that what our runner and our control plane say to each other changes shape. */
export const PROTOCOL_VERSION = 1;
/** The product's version, shown by `/healthz`, the runner and the pages. */
export const SHOPFLOOR_VERSION = "0.1.0";
