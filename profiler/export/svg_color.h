#ifndef RUFFPROF_SVG_COLOR_H
#define RUFFPROF_SVG_COLOR_H

/* Colours of flame graphs: a hue says what the frame is (tier, cause), a slight variation
 * made of the name tells neighbours apart and stays the same from picture to picture. */

#include <stdint.h>

#include "rprof_format.h"

struct svg_rgb {
    uint8_t r, g, b;
};

/* `hue` in degrees, `saturation` and `lightness` in percent. */
struct svg_rgb svg_color_hsl(double hue, double saturation, double lightness);

/* `name` NULL = the middle of the range, for legends. */
struct svg_rgb svg_color_tier(enum rprof_tier tier, const char *name);
/* Warm colours by name; greens for memory. */
struct svg_rgb svg_color_name(const char *name, int memory);
/* The n-th cause of a picture (0 = the one with most bytes). */
struct svg_rgb svg_color_cause(uint32_t rank, const char *name);

#endif
