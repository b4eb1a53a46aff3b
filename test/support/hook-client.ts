/** JSON whose shape a test knows. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape they assert
export type Loose = any;
