import type { IntegerType } from "../runtime/info.ts";

export interface EnumModel {
  readonly name: string;
  readonly type: IntegerType;
  readonly values: readonly { readonly name: string; readonly code: number }[];
  readonly description: string;
}

export interface FieldModel {
  readonly name: string;
  readonly id: number;
  readonly type: IntegerType;
  /** Byte offset within the block. */
  readonly offset: number;
  /** Number of elements; 1 unless it is a fixed-length array. */
  readonly length: number;
  /** The value that means "absent"; null if the field is required. */
  readonly nullValue: bigint | null;
  readonly enumModel: EnumModel | null;
  readonly padding: boolean;
  readonly since: number;
  readonly description: string;
}

export interface DataModel {
  readonly name: string;
  readonly id: number;
  readonly ascii: boolean;
  readonly since: number;
  readonly description: string;
}

/** Fixed fields, then groups, then data. */
export interface BlockModel {
  /** Indexed by version, from the message's first version on. */
  readonly blockLengths: readonly number[];
  readonly blockLength: number;
  readonly fields: readonly FieldModel[];
  readonly groups: readonly GroupModel[];
  readonly data: readonly DataModel[];
}

export interface GroupModel extends BlockModel {
  readonly name: string;
  readonly id: number;
  readonly since: number;
  readonly description: string;
}

export interface MessageModel extends BlockModel {
  readonly name: string;
  readonly id: number;
  /** The first version that had this message. */
  readonly since: number;
  /** False for a structure that is in shared memory without a message header. */
  readonly framed: boolean;
  readonly description: string;
}

export interface SchemaModel {
  /** Name of the source file. */
  readonly file: string;
  /** Last part of the package: names the folder of the generated code. */
  readonly shortName: string;
  readonly id: number;
  readonly version: number;
  readonly enums: readonly EnumModel[];
  readonly messages: readonly MessageModel[];
}
