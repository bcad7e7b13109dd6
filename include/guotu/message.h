/* Messages: one id, two languages, named arguments, a place in the user's data.
 *
 * A message is a constant defined in its room (src/ROOM/messages.def). Templates hold {name}
 * placeholders filled from the arguments; both languages use the same names (a test checks).
 * A record (gt_record) is a message with arguments, status and place; it renders in any language.
 */
#ifndef GUOTU_MESSAGE_H
#define GUOTU_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "guotu/status.h"

typedef enum gt_lang { GT_LANG_EN = 0, GT_LANG_ZH = 1 } gt_lang;

typedef struct gt_message {
    const char *id; /* "room.what", stable: scripts may test it */
    const char *en, *zh;
    const char *mend_en, *mend_zh; /* how to mend it; NULL where nothing can be said */
} gt_message;

typedef enum gt_arg_kind { GT_ARG_END = 0, GT_ARG_TEXT, GT_ARG_INT, GT_ARG_REAL } gt_arg_kind;

typedef struct gt_arg {
    const char *name;
    gt_arg_kind kind;
    const char *text; /* borrowed until the record has been made */
    long long integer;
    double real;
} gt_arg;

#define GT_TEXT(key, value)                                                                        \
    {                                                                                              \
        .name = (key), .kind = GT_ARG_TEXT, .text = (value)                                        \
    }
#define GT_INT(key, value)                                                                         \
    {                                                                                              \
        .name = (key), .kind = GT_ARG_INT, .integer = (long long)(value)                           \
    }
#define GT_REAL(key, value)                                                                        \
    {                                                                                              \
        .name = (key), .kind = GT_ARG_REAL, .real = (double)(value)                                \
    }
/* Argument list for gt_fail and friends: GT_ARGS(GT_TEXT("file", path), GT_INT("n", 3)). */
#define GT_ARGS(...) ((const gt_arg[]){__VA_ARGS__, {.name = NULL, .kind = GT_ARG_END}})
#define GT_NO_ARGS   NULL

/* Where in the user's data. Unset members are NULL, 0 or has_xy = false. Texts are borrowed until
 * the record has been made, which copies them. */
typedef struct gt_place {
    const char *file;    /* path as the user gave it */
    int line, column;    /* 1-based, text files */
    const char *layer;   /* layer or table */
    const char *feature; /* feature id, or row number as text */
    long long row;       /* 1-based record number in the file */
    const char *field;
    const char *rule; /* rule or item id of the package */
    const char *clause;
    bool has_xy;
    double x, y; /* in the CRS of the named layer or file */
} gt_place;

#define GT_PLACE(...) (&(const gt_place){__VA_ARGS__})
#define GT_NOWHERE    NULL

/* X-macro helper: M(SYMBOL, "id", "en", "zh", "mend en" or NULL, "mend zh" or NULL) */
#define GT_MESSAGE_DECLARE(sym, id, en, zh, mend_en, mend_zh) extern const gt_message sym;
#define GT_MESSAGE_DEFINE(sym, id, en, zh, mend_en, mend_zh)                                       \
    const gt_message sym = {id, en, zh, mend_en, mend_zh};

#endif
