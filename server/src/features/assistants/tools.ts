/** Tools that AI models may call in a turn: contributed by features, offered by the prompt that names them. */
import type { Ctx } from '#platform/ctx';
import { contributed } from '#platform/feature';
import type { Deps } from '#platform/deps';
import type { StepEffect } from '#platform/runs/kind';

export interface AiTool {
  /** What the AI model calls it: `[a-z_]+`, unique over all features. */
  name: string;
  /** For the AI model: when to use it and what it gives. */
  description: string;
  /** JSON Schema of the input. */
  input: object;
  /** What a crash in the middle of a call means. */
  effect: StepEffect;
  /** Acts with the rights of the user who asked. What it throws with a code is told to the AI model, which may try another way. */
  call(ctx: Ctx, input: unknown, at: ToolPlace): Promise<unknown>;
}

export interface ToolPlace {
  projectId: string;
  threadId: string;
  signal: AbortSignal;
}

declare module '#platform/feature' {
  interface Feature {
    tools?: AiTool[];
  }
}

/** The contributed tools of these names; unknown names are left out, for a feature may be gone. */
export function findTools(deps: Deps, names: readonly string[]): AiTool[] {
  if (names.length === 0) return [];
  return contributed(deps.features, 'tools')
    .flat()
    .filter((tool) => names.includes(tool.name));
}
