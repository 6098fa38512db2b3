/** What a turn is pinned to, decided when it is asked for: prompt version with its values, AI model, parameters. */
import { fail } from '@piper/shared/errors';
import { renderPrompt } from '@piper/shared/prompts-template';
import type { Ctx } from '#platform/ctx';
import { activePromptOf, promptVersion } from '#features/prompts';
import { findThreadDefaults } from '#features/threads';

export interface TurnPlan {
  aiModel: string;
  promptId: string | undefined;
  promptVersionId: string | undefined;
  variables: Record<string, unknown> | undefined;
  parameters: TurnParameters;
}

export interface TurnParameters {
  temperature?: number;
  maxTokens?: number;
  tools?: string[];
}

export interface PlanInput {
  projectId: string;
  threadId?: string | undefined;
  promptId?: string | undefined;
  aiModel?: string | undefined;
  variables?: Record<string, unknown> | undefined;
}

/**
 * Decides how to answer. What is not given comes from the thread (its prompt, the values given before), then from the
 * project's active prompt, then from the instance. Throws `variable_missing`, `ai_model_unknown`, `provider_not_configured`.
 */
export async function planTurn(ctx: Ctx, input: PlanInput): Promise<TurnPlan> {
  const prompt = await choosePrompt(ctx, input);
  if (prompt) checkVariables(prompt.version, prompt.variables ?? {});
  const aiModel = input.aiModel ?? prompt?.version.settings.aiModel ?? (await ctx.deps.llm.defaultModel(ctx));
  await ctx.deps.llm.resolve(ctx, aiModel);
  return {
    aiModel,
    promptId: input.promptId,
    promptVersionId: prompt?.version.id,
    variables: prompt?.variables,
    parameters: prompt ? parametersOf(prompt.version) : {},
  };
}

function parametersOf({ settings }: Version): TurnParameters {
  const { temperature, maxTokens, tools }: TurnParameters = settings;
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(tools === undefined ? {} : { tools }),
  };
}

type Version = Awaited<ReturnType<typeof promptVersion>>;

interface ChosenPrompt {
  version: Version;
  variables: Record<string, unknown> | undefined;
}

async function choosePrompt(ctx: Ctx, input: PlanInput): Promise<ChosenPrompt | undefined> {
  const [earlier, active] = await Promise.all([
    input.threadId === undefined ? undefined : findThreadDefaults(ctx.db, input.threadId),
    input.promptId === undefined ? activePromptOf(ctx, input.projectId) : undefined,
  ]);
  const id = input.promptId ?? earlier?.promptId ?? undefined;
  const version = id === undefined ? active?.version : await promptVersion(ctx, id, { projectId: input.projectId });
  return version && { version, variables: input.variables ?? earlier?.variables ?? undefined };
}

function checkVariables(version: Version, values: Record<string, unknown>): void {
  const rendered = renderPrompt(version.content, version.variables as Parameters<typeof renderPrompt>[1], values);
  if (rendered.ok) return;
  const message = rendered.problems.map((problem) => problem.message).join(' ');
  fail(
    rendered.problems.some((problem) => problem.problem === 'missing') ? 'variable_missing' : 'validation_failed',
    message,
    rendered.problems,
  );
}
