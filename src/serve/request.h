/* A request as handlers see it, and the reply they fill: no network in here, so that every handler
 * is tested by calling it. Internal to serve. */
#ifndef GT_SERVE_REQUEST_H
#define GT_SERVE_REQUEST_H

#include "guotu/arena.h"
#include "guotu/text.h"

enum {
    GT_TARGET_MAX = 8192, /* bytes of path and query as sent */
    GT_PATH_PARTS = 12,
    GT_QUERY_MAX = 64
};

typedef enum gt_encoding { GT_AS_IS = 0, GT_GZIP, GT_BROTLI, GT_N_ENCODINGS } gt_encoding;

typedef struct gt_pair {
    const char *name, *value; /* never NULL */
} gt_pair;

typedef struct gt_request {
    const char *method;              /* "GET", "HEAD", "POST" ... */
    const char *path;                /* decoded, for the log and links */
    const char *part[GT_PATH_PARTS]; /* its segments, decoded, without empty ones */
    size_t n_parts;
    gt_pair query[GT_QUERY_MAX];
    size_t n_query;
    const char *raw_query;     /* as sent, "" when there is none */
    const char *if_none_match; /* header fields: NULL when not sent */
    const char *accept_language;
    const char *content_type;
    const char *cookie, *authorization;
    const char *csrf; /* X-CSRF-Token */
    const char *if_match;
    const char *content_crs;
    const char *prefer;
    const char *reason;   /* X-Reason, decoded */
    const char *client;   /* its address */
    bool secure;          /* came by TLS */
    gt_encoding encoding; /* the best that the client takes */
    const char *target;   /* as sent, NULL in tests */
    const char *base;     /* "http://host:port", or "" for relative links */
    const char *body;
    size_t body_len;
} gt_request;

/* Splits and decodes a request target ("/a/b?c=d"). Texts go to the arena. GT_E_INPUT: no leading
 * slash, broken %-escapes, a NUL or control character, text that is not UTF-8, "." or ".."
 * segments. GT_E_LIMIT: too long, too many segments or parameters. */
gt_status gt_request_target(gt_ctx *ctx, gt_arena *arena, const char *target,
                            gt_request *out) GT_CHECKED;
/* Text with %XX, UTF-8, to the arena; GT_E_INPUT when it is broken. */
gt_status gt_decode(gt_ctx *ctx, gt_arena *arena, const char *text, const char **out) GT_CHECKED;
/* Value of a query parameter, NULL when it was not given. */
const char *gt_request_get(const gt_request *request, const char *name);
/* zh or en: the parameter `lang`, else the first of Accept-Language that is one of them, else
 * fallback. */
gt_lang gt_request_lang(const gt_request *request, gt_lang fallback);
/* Does the client hold this representation (If-None-Match: list, weak marks ignored, *)? */
bool gt_request_has(const gt_request *request, const char *etag);

/* Brotli before gzip before none, of those that Accept-Encoding names without q=0. */
gt_encoding gt_request_encoding(const char *accept_encoding);
const char *gt_encoding_name(gt_encoding encoding); /* "br", "gzip", NULL */

typedef struct gt_reply {
    int status;
    const char *type;     /* media type; static or of the request's arena */
    char etag[80];        /* with quotes; "" for none */
    const char *cache;    /* Cache-Control; static, NULL: no-cache */
    const char *crs;      /* Content-Crs, with its angle brackets; arena, or NULL */
    const char *location; /* arena, or NULL */
    const char *cookie;   /* Set-Cookie; arena, or NULL */
    const char *allow;    /* Allow of a 405; arena, or NULL */
    gt_encoding encoding; /* of the body */
    bool by_encoding;     /* other encodings would be sent to others */
    bool html;            /* a page: its own scripts may run */
    const char *file;     /* path of what is sent instead of the body; arena, or NULL */
    const char *save_as;  /* name the file is saved under; arena, or NULL */
    const char *stream;   /* id of the job whose events are sent; arena, or NULL */
    gt_text body;         /* owned */
} gt_reply;

#endif
