/** A person or a thing as a small picture; without one, its initials on a colour that is always the same for it. */
import { useState } from 'react';

interface AvatarProps {
  name: string;
  image?: string | null | undefined;
  size?: number;
  shape?: 'round' | 'square';
}

export function Avatar({ name, image, size = 28, shape = 'round' }: AvatarProps) {
  const [isBroken, setBroken] = useState(false);
  const rounding = shape === 'round' ? 'rounded-full' : 'rounded-lg';
  if (image && !isBroken)
    return (
      <img
        src={image}
        onError={() => setBroken(true)}
        alt=""
        width={size}
        height={size}
        className={`shrink-0 object-cover ${rounding}`}
        style={{ width: size, height: size }}
      />
    );
  const hue = hueOf(name);
  return (
    <span
      aria-hidden
      className={`inline-flex shrink-0 items-center justify-center font-semibold select-none ${rounding}`}
      style={{
        width: size,
        height: size,
        fontSize: size * 0.38,
        background: `light-dark(oklch(0.9 0.05 ${hue}), oklch(0.36 0.06 ${hue}))`,
        color: `light-dark(oklch(0.36 0.09 ${hue}), oklch(0.92 0.05 ${hue}))`,
      }}
    >
      {initialsOf(name)}
    </span>
  );
}

function initialsOf(name: string): string {
  const all = name.trim().split(/\s+/);
  // "Café ☕" is a C.
  const spoken = all.filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const words = spoken.length > 0 ? spoken : all;
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return (
    letters
      .map((word) => firstOf(word ?? ''))
      .join('')
      .toUpperCase() || '?'
  );
}

const graphemes = new Intl.Segmenter();
/** The first character as people see it, also when it is made of several code points. */
const firstOf = (word: string): string => graphemes.segment(word).containing(0)?.segment ?? '';

function hueOf(name: string): number {
  let hue = 7;
  for (let at = 0; at < name.length; at++) hue = (hue * 31 + name.charCodeAt(at)) % 360;
  return hue;
}
