#include "config.h"

#include "export/svg_color.h"

#include <math.h>
#include <string.h>

struct hsl {
    double hue, saturation, lightness;
};

static const struct hsl tiers[RPROF_TIER_COUNT] = {
    [RPROF_TIER_UNKNOWN] = {0, 0, 76},    [RPROF_TIER_INTERP] = {42, 88, 66},
    [RPROF_TIER_VM] = {20, 90, 71},       [RPROF_TIER_JIT] = {128, 44, 63},
    [RPROF_TIER_INLINED] = {165, 46, 63}, [RPROF_TIER_BUILTIN] = {205, 68, 71},
    [RPROF_TIER_NATIVE] = {262, 45, 78},  [RPROF_TIER_GC] = {335, 68, 75},
    [RPROF_TIER_COMPILE] = {56, 80, 62},  [RPROF_TIER_DEOPT] = {0, 78, 65},
    [RPROF_TIER_IDLE] = {220, 8, 84},     [RPROF_TIER_SCHEDULER] = {200, 25, 70},
};

static const struct hsl causes[] = {
    {205, 68, 71}, {20, 90, 71},  {128, 44, 63}, {262, 45, 78}, {42, 88, 66},
    {335, 68, 75}, {165, 46, 63}, {56, 80, 62},  {0, 78, 68},   {230, 55, 76},
};

/* One channel of the usual closed form: n = 0 red, 8 green, 4 blue. */
static uint8_t channel(double n, double hue, double s, double l)
{
    double k = fmod(n + fmod(fmod(hue, 360) + 360, 360) / 30, 12);
    double height = fmax(-1, fmin(fmin(k - 3, 9 - k), 1));
    return (uint8_t)lround((l - s * fmin(l, 1 - l) * height) * 255);
}

struct svg_rgb svg_color_hsl(double hue, double saturation, double lightness)
{
    double s = saturation / 100, l = lightness / 100;
    return (struct svg_rgb){.r = channel(0, hue, s, l),
                            .g = channel(8, hue, s, l),
                            .b = channel(4, hue, s, l)};
}

/* Two numbers in [-1, 1] that depend on the name only. */
static void vary(const char *name, double *a, double *b)
{
    uint64_t hash = rprof_source_hash((const uint8_t *)name, strlen(name));
    hash ^= hash >> 29;
    *a = (double)(hash & 0xffff) / 32767.5 - 1;
    *b = (double)(hash >> 16 & 0xffff) / 32767.5 - 1;
}

static struct svg_rgb varied(struct hsl base, const char *name)
{
    double a = 0, b = 0;
    if (name != NULL) {
        vary(name, &a, &b);
    }
    return svg_color_hsl(base.hue + 7 * a, base.saturation, base.lightness + 4 * b);
}

struct svg_rgb svg_color_tier(enum rprof_tier tier, const char *name)
{
    return varied(tiers[(unsigned)tier < RPROF_TIER_COUNT ? tier : RPROF_TIER_UNKNOWN],
                  name);
}

struct svg_rgb svg_color_name(const char *name, int memory)
{
    double a = 0, b = 0;
    vary(name, &a, &b);
    return memory != 0 ? svg_color_hsl(125 + 35 * a, 45, 66 + 7 * b)
                       : svg_color_hsl(26 + 24 * a, 88, 67 + 6 * b);
}

struct svg_rgb svg_color_cause(uint32_t rank, const char *name)
{
    return varied(causes[rank % (sizeof causes / sizeof causes[0])], name);
}
