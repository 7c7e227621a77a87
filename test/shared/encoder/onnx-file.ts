import { writeFile } from 'node:fs/promises';

// Just enough of the ONNX format (protobuf) to write models that no fixture has.
// @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

const INT64 = 7;
const FLOAT = 1;

/**
 * Writes a model whose output is the sum of its inputs, int64 [batch, sequence], less `minus`, as float32:
 * [batch, sequence, 1], or [batch, sequence] when `rank` is 2.
 */
export async function writeSumModel(
  path: string,
  { inputs, rank = 3, minus = 0 }: { inputs: string[]; rank?: 2 | 3; minus?: number },
) {
  const sums = inputs.slice(1).map((input, index) => {
    const left = index === 0 ? inputs[0]! : `sum${index - 1}`;
    return node('Add', [left, input], `sum${index}`);
  });
  const sum = sums.length > 0 ? `sum${sums.length - 1}` : inputs[0]!;
  const difference = node('Sub', [sum, 'minus'], 'difference');
  const cast = node('Cast', ['difference'], rank === 2 ? 'output' : 'flat', attribute('to', field(3, FLOAT), 2));
  const unsqueeze = node('Unsqueeze', ['flat'], 'output', attribute('axes', field(8, 2), 7));
  const nodes = [...sums, difference, cast, ...(rank === 2 ? [] : [unsqueeze])];
  const graph = Buffer.concat([
    ...nodes.map((each) => field(1, each)),
    field(2, 'sum'),
    field(5, Buffer.concat([field(2, INT64), field(7, minus), field(8, 'minus')])),
    ...inputs.map((name) => field(11, tensor(name, INT64, 2))),
    field(12, tensor('output', FLOAT, rank)),
  ]);
  const opset = field(8, field(2, 11));
  await writeFile(path, Buffer.concat([field(1, 7), field(7, graph), opset]));
}

function node(operator: string, inputs: string[], output: string, attributes: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([...inputs.map((name) => field(1, name)), field(2, output), field(4, operator), attributes]);
}

function attribute(name: string, value: Buffer, type: number): Buffer {
  return field(5, Buffer.concat([field(1, name), value, field(20, type)]));
}

function tensor(name: string, type: number, rank: number): Buffer {
  const dimensions = Array.from({ length: rank }, (_, index) => field(1, field(2, `${name}_${index}`)));
  return Buffer.concat([
    field(1, name),
    field(2, field(1, Buffer.concat([field(1, type), field(2, Buffer.concat(dimensions))]))),
  ]);
}

function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}
