/* The ini file: sections are passed over (keys are unique across them, as in the original
 * programs), the last line of a key holds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "circuit/files.h"
#include "circuit/messages.h"

enum { SHOWN = 60 }; /* bytes of a wrong line that are shown */

static char *trim(char *a, char *b)
{
    while (a < b && (*a == ' ' || *a == '\t' || *a == '\r')) {
        a++;
    }
    while (b > a && (b[-1] == ' ' || b[-1] == '\t' || b[-1] == '\r')) {
        b--;
    }
    *b = '\0';
    return a;
}

static gt_status bad_line(gt_ctx *ctx, const char *path, int line, const char *text)
{
    char shown[SHOWN + 1];
    size_t n = strlen(text), bad = 0;
    n = n < SHOWN ? n : SHOWN;
    memcpy(shown, text, n);
    if (!gt_utf8_valid(shown, n, &bad)) { /* cut within a character */
        n = bad;
    }
    shown[n] = '\0';
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_LINE, GT_PLACE(.file = path, .line = line),
                   GT_ARGS(GT_TEXT("text", shown)));
}

/* One line, NUL-terminated at its end. */
static gt_status take_line(gt_ctx *ctx, ini *out, size_t *cap, char *a, char *b, int line)
{
    char *s = trim(a, b), *equals = strchr(s, '=');
    if (*s == '\0' || *s == '#' || *s == ';') {
        return GT_OK;
    }
    if (*s == '[') {
        return s[strlen(s) - 1] == ']' ? GT_OK : bad_line(ctx, out->path, line, s);
    }
    if (equals == NULL || equals == s) {
        return bad_line(ctx, out->path, line, s);
    }
    if (gt_grow(ctx, (void **)&out->items, cap, out->n + 1, sizeof *out->items) != GT_OK) {
        return GT_E_MEMORY;
    }
    char *value = trim(equals + 1, s + strlen(s));
    char *key = trim(s, equals);
    out->items[out->n++] = (ini_item){.key = key, .value = value, .line = line};
    return GT_OK;
}

gt_status ini_parse(gt_ctx *ctx, const char *path, char *text, size_t len, ini *out)
{
    size_t bad = 0, cap = 0;
    memset(out, 0, sizeof *out);
    out->path = path;
    out->text = text;
    gt_status st = GT_OK;
    if (!gt_utf8_valid(text, len, &bad) || memchr(text, '\0', len) != NULL) {
        bad = gt_utf8_valid(text, len, &bad) ? strlen(text) : bad;
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_BINARY, GT_PLACE(.file = path),
                     GT_ARGS(GT_INT("offset", bad)));
    }
    char *s = text;
    if (len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
        s += 3;
    }
    for (int line = 1; st == GT_OK && *s != '\0'; line++) {
        char *end = strchr(s, '\n');
        char *next = end == NULL ? s + strlen(s) : end + 1;
        st = take_line(ctx, out, &cap, s, end == NULL ? next : end, line);
        s = next;
    }
    if (st != GT_OK) {
        ini_free(ctx, out);
    }
    return st;
}

gt_status ini_read(gt_ctx *ctx, const char *path, ini *out)
{
    char *text = NULL;
    size_t len = 0;
    memset(out, 0, sizeof *out);
    gt_status st = circuit_read_text(ctx, path, &text, &len);
    return st == GT_OK ? ini_parse(ctx, path, text, len, out) : st;
}

void ini_free(gt_ctx *ctx, ini *in)
{
    gt_free(ctx, in->items);
    gt_free(ctx, in->text);
    memset(in, 0, sizeof *in);
}

ini_item *ini_find(ini *in, const char *key)
{
    ini_item *found = NULL;
    for (size_t i = 0; i < in->n; i++) {
        if (strcmp(in->items[i].key, key) == 0) {
            in->items[i].used = true;
            found = &in->items[i];
        }
    }
    return found;
}

const char *ini_text(ini *in, const char *key, const char *fallback)
{
    const ini_item *item = ini_find(in, key);
    return item == NULL ? fallback : item->value;
}

static gt_status bad_value(gt_ctx *ctx, const ini *in, const ini_item *item, const char *allowed)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_VALUE,
                   GT_PLACE(.file = in->path, .line = item->line),
                   GT_ARGS(GT_TEXT("key", item->key), GT_TEXT("value", item->value),
                           GT_TEXT("allowed", allowed)));
}

gt_status ini_flag(gt_ctx *ctx, ini *in, const char *key, bool fallback, bool *out)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0", "none", ""};
    const ini_item *item = ini_find(in, key);
    *out = fallback;
    if (item == NULL) {
        return GT_OK;
    }
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(item->value, yes[i]) == 0) {
            *out = true;
            return GT_OK;
        }
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        if (strcasecmp(item->value, no[i]) == 0) {
            *out = false;
            return GT_OK;
        }
    }
    return bad_value(ctx, in, item, "True, False");
}

gt_status ini_real(gt_ctx *ctx, ini *in, const char *key, double fallback, double min, double max,
                   double *out)
{
    const ini_item *item = ini_find(in, key);
    *out = fallback;
    if (item == NULL) {
        return GT_OK;
    }
    char *end = NULL;
    double v = strtod(item->value, &end);
    if (end == item->value || *end != '\0' || !(v >= min && v <= max)) {
        char allowed[80];
        (void)snprintf(allowed, sizeof allowed, "%.10g .. %.10g", min, max);
        return bad_value(ctx, in, item, allowed);
    }
    *out = v;
    return GT_OK;
}

gt_status ini_word(gt_ctx *ctx, ini *in, const char *key, const char *const *words, int fallback,
                   int *out)
{
    const ini_item *item = ini_find(in, key);
    *out = fallback;
    if (item == NULL || strcasecmp(item->value, "not entered") == 0) { /* as dialogues leave it */
        return GT_OK;
    }
    for (int i = 0; words[i] != NULL; i++) {
        if (strcasecmp(words[i], item->value) == 0) {
            *out = i;
            return GT_OK;
        }
    }
    gt_text allowed;
    gt_text_init(&allowed, ctx, 0);
    for (int i = 0; words[i] != NULL; i++) {
        gt_text_printf(&allowed, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    gt_status st = bad_value(ctx, in, item, gt_text_cstr(&allowed));
    gt_text_free(&allowed);
    return st;
}

bool ini_names_file(ini *in, const char *key)
{
    const char *v = ini_text(in, key, "");
    return *v != '\0' && *v != '(' && strcasecmp(v, "none") != 0;
}

gt_status ini_file(gt_ctx *ctx, ini *in, const char *key, const char *root, char **out)
{
    const ini_item *item = ini_find(in, key);
    *out = NULL;
    if (!ini_names_file(in, key)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_INI_MISSING,
                       GT_PLACE(.file = in->path, .line = item == NULL ? 0 : item->line),
                       GT_ARGS(GT_TEXT("key", key)));
    }
    gt_text path;
    gt_text_init(&path, ctx, 0);
    if (root != NULL && item->value[0] != '/') {
        gt_text_printf(&path, "%s/", root);
    }
    gt_text_puts(&path, item->value);
    gt_status st = gt_text_status(&path);
    if (st == GT_OK) {
        *out = gt_strdup(ctx, gt_text_cstr(&path));
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&path);
    return st;
}
