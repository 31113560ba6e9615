/** The middle of some numbers; of an even count, the upper of the two in the middle. */
export const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The n-th root of the product, which weighs a halving as much as a doubling. */
export const geomean = (values) => Math.exp(values.reduce((sum, x) => sum + Math.log(x), 0) / values.length);
