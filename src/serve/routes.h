/* The table of addresses. Internal to serve. */
#ifndef GT_SERVE_ROUTES_H
#define GT_SERVE_ROUTES_H

#include "serve/access.h"

typedef struct gt_route {
    const char *method;
    const char *pattern; /* segments; {name} stands for any one */
    gt_handler handler;
    gt_need need;
    const char *summary; /* English */
    const char *query;   /* names of parameters, by spaces; NULL: none */
    const char *type;    /* media type of the answer; NULL: application/json */
    const char *body;    /* of the request; NULL: none */
} gt_route;

/* NULL past the last. */
const gt_route *gt_route_at(size_t i);
bool gt_route_matches(const gt_route *route, const gt_request *request);

#endif
