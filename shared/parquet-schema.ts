import { Field, List, Schema, Table, TimestampMicrosecond, TimestampNanosecond, tableToIPC, Utf8 } from 'apache-arrow';
import type { SchemaElement } from 'hyparquet';
import type { DatasetColumn, DatasetColumnType } from './dataset-schema.ts';

/** The schema as Parquet itself states it: a flat list, depth first, under a root. */
export function parquetSchema(columns: readonly DatasetColumn[]): SchemaElement[] {
  return [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(parquetElements)];
}

/** What Parquet stores of a column: one leaf, under levels that say where a value is missing or a list goes on. */
export interface ParquetLeaf {
  path: string[];
  element: SchemaElement;
  /** The definition level of a value that is there. */
  maxDefinition: number;
  /** 1 in a list, whose further elements have repetition level 1. */
  maxRepetition: 0 | 1;
}

export function parquetLeaf(column: DatasetColumn): ParquetLeaf {
  const elements = parquetElements(column);
  return {
    path: elements.map(({ name }) => name),
    element: elements.at(-1)!,
    maxDefinition: elements.length,
    maxRepetition: column.type === 'list<string>' ? 1 : 0,
  };
}

function parquetElements({ name, type }: DatasetColumn): SchemaElement[] {
  switch (type) {
    case 'string':
      return [stringElement(name)];
    case 'list<string>':
      return [
        {
          name,
          repetition_type: 'OPTIONAL',
          num_children: 1,
          converted_type: 'LIST',
          logical_type: { type: 'LIST' },
        },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        stringElement('element'),
      ];
    case 'timestamp[us, tz=-03:00]':
      return [
        {
          name,
          type: 'INT64',
          repetition_type: 'OPTIONAL',
          converted_type: 'TIMESTAMP_MICROS',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
        },
      ];
    case 'timestamp[ns]':
      return [
        {
          name,
          type: 'INT64',
          repetition_type: 'OPTIONAL',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' },
        },
      ];
  }
}

function stringElement(name: string): SchemaElement {
  return {
    name,
    type: 'BYTE_ARRAY',
    repetition_type: 'OPTIONAL',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
  };
}

/**
 * The value of the `ARROW:schema` entry of a Parquet file: the Arrow schema as one IPC message in base64. From it, and
 * only from it, readers learn what Parquet cannot say: the time zone of a timestamp.
 *
 * @see https://arrow.apache.org/docs/cpp/parquet.html#serialization-details
 */
export function arrowSchemaMetadata(columns: readonly DatasetColumn[]): string {
  const schema = new Schema(columns.map(({ name, type }) => new Field(name, arrowType(type), true)));
  const stream = tableToIPC(new Table(schema), 'stream');
  // The stream's first message is the schema: a continuation marker, the length of what follows, then that.
  const messageBytes = 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
  return Buffer.from(stream.buffer, stream.byteOffset, messageBytes).toString('base64');
}

function arrowType(type: DatasetColumnType) {
  switch (type) {
    case 'string':
      return new Utf8();
    case 'list<string>':
      return new List(new Field('element', new Utf8(), true));
    case 'timestamp[us, tz=-03:00]':
      return new TimestampMicrosecond('-03:00');
    case 'timestamp[ns]':
      return new TimestampNanosecond();
  }
}
