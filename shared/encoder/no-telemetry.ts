/**
 * Import before the model runtime: its Linux binaries report usage to their maker unless they are told not to, and
 * what this platform runs is nobody else's business.
 *
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
