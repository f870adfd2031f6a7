export const projections = {} as const;
