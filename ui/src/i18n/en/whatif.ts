export const whatif = {} as const;
