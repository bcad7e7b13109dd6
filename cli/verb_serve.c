/* serve: the portal of a workspace. */
#include <unistd.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "guotu/actor.h"
#include "guotu/serve.h"

static void write_line(void *user, const char *line)
{
    (void)user;
    (void)fprintf(stderr, "%s\n", line);
}

/* --web DIR, else GUOTU_WEB, else what the build of web/ made beside the program or was installed;
 * none is no fault. */
static const char *web_folder(const cli *app, char out[PATH_MAX])
{
    char exe[PATH_MAX] = "";
    const char *given = cli_option_value(app, "web", getenv("GUOTU_WEB"));
    if (given != NULL) {
        return given;
    }
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    static const char *const places[] = {"../share/guotu/web", "../../web/dist"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        (void)snprintf(out, PATH_MAX, "%.3900s/%s", exe, places[i]);
        if (access(out, R_OK) == 0) {
            return out;
        }
    }
    return NULL;
}

static gt_status first_account(cli *app)
{
    char name[65], password[GT_FIRST_PASSWORD];
    bool made = false;
    gt_status st = gt_serve_first_account(app->ctx, app->workspace, name, password, &made);
    if (st == GT_OK && made) {
        gt_text_printf(&app->out,
                       cli_say(app, "首次启动：管理员账号 %s，一次性密码 %s\n",
                               "first start: administrator %s, one-time password %s\n"),
                       name, password);
        st = cli_flush(app);
    }
    return st;
}

/* What the public may do is granted by nobody but the administrator: said at every start. */
static gt_status tell_public(cli *app, const gt_package *package)
{
    gt_store *store = NULL;
    gt_book *book = NULL;
    size_t n = 0;
    gt_status st = cli_open_store(app, true, &store);
    st = st == GT_OK ? gt_book_open(app->ctx, store, false, &book) : st;
    for (size_t i = 0; st == GT_OK && i < gt_package_n_ledgers(package); i++) {
        const gt_ask ask = {"public", gt_package_ledger(package, i)->id, "add", NULL, NULL};
        bool may = false;
        st = gt_actor_may(app->ctx, book, &ask, NULL, &may);
        if (st == GT_OK && may) {
            gt_text_puts(&app->out, n++ > 0                   ? ", "
                                    : app->lang == GT_LANG_ZH ? "公众可留言的台账："
                                                              : "the public may comment in: ");
            gt_text_puts(&app->out, ask.ledger);
        }
    }
    if (st == GT_OK && n == 0) {
        gt_text_puts(
            &app->out,
            cli_say(app,
                    "尚无向公众开放留言的台账；开放方法：guotu actor add public，guotu "
                    "actor grant public --role resident --ledger 台账 --action add",
                    "no ledger is open to comments of the public; to open one: guotu actor "
                    "add public, guotu actor grant public --role resident --ledger ID "
                    "--action add"));
    }
    gt_text_putc(&app->out, '\n');
    gt_book_close(book);
    gt_store_close(store);
    return st == GT_OK ? cli_flush(app) : st;
}

static gt_status run(cli *app)
{
    gt_store *store = NULL;
    gt_package *package = NULL;
    gt_server *server = NULL;
    gt_serve_options options;
    char folder[PATH_MAX];
    long port = 0, rate = 0;
    gt_serve_options_init(&options);
    gt_status st = cli_get_long(app, "port", 8080, 0, 65535, &port);
    st = st == GT_OK ? cli_get_long(app, "rate", 0, 0, 1000000, &rate) : st;
    if (st == GT_OK) {
        st = cli_open_store(app, true, &store);
    }
    if (st == GT_OK) {
        st = cli_open_package(app, store, &package);
    }
    gt_store_close(store);
    if (st == GT_OK && cli_has(app, "prepare")) {
        size_t n = 0;
        st = gt_serve_prepare(app->ctx, app->workspace, package, &n);
        if (st == GT_OK) {
            gt_text_printf(&app->out,
                           cli_say(app, "%zu 个大图层的概括瓦片已就绪\n",
                                   "merged tiles of %zu large layers are ready\n"),
                           n);
        }
        gt_package_free(package);
        return st;
    }
    if (st == GT_OK) {
        options.workspace = app->workspace;
        options.package = package;
        options.host = cli_option_value(app, "host", NULL);
        options.port = (int)port;
        options.requests_per_s = (double)rate;
        options.tls_cert = cli_option_value(app, "tls-cert", NULL);
        options.tls_key = cli_option_value(app, "tls-key", NULL);
        options.web_dir = web_folder(app, folder);
        options.log = app->quiet ? NULL : write_line;
        st = gt_server_start(app->ctx, &options, &server);
        /* told only once: not by a start that fails */
        st = st == GT_OK ? first_account(app) : st;
        st = st == GT_OK ? tell_public(app, package) : st;
    }
    if (st == GT_OK) {
        const char *host = options.host == NULL ? "127.0.0.1" : options.host;
        bool six = strchr(host, ':') != NULL;
        gt_text_printf(
            &app->out,
            cli_say(app, "门户地址 %s://%s%s%s:%d/portal\n", "portal at %s://%s%s%s:%d/portal\n"),
            options.tls_cert != NULL ? "https" : "http", six ? "[" : "", host, six ? "]" : "",
            gt_server_port(server));
        st = cli_flush(app);
        gt_server_wait(app->ctx, server);
    }
    gt_server_stop(server);
    gt_package_free(package);
    return st;
}

static const cli_option options[] = {
    {"port",
     "N",
     {"端口（默认 8080；0 为任一空闲端口）", "port (default 8080; 0: any free one)"},
     false},
    {"host",
     "ADDRESS",
     {"监听地址（默认 127.0.0.1）", "address to listen at (default 127.0.0.1)"},
     false},
    {"tls-cert",
     "FILE",
     {"证书（PEM）；须同时给出私钥", "certificate (PEM); needs the key"},
     false},
    {"tls-key", "FILE", {"私钥（PEM）", "private key (PEM)"}, false},
    {"rate",
     "N",
     {"每个地址每秒请求数上限（默认不限）", "requests a second of one address (default: no limit)"},
     false},
    {"prepare",
     NULL,
     {"只生成大图层的概括瓦片，然后结束", "only make the merged tiles of large layers, then end"},
     false},
    {"web", "DIR", {"门户页面所在目录", "folder of the portal's pages"}, false},
    {0},
};

const cli_verb CLI_SERVE = {
    .name = "serve",
    .operands = "",
    .summary = {"以网络服务提供一张图与台账", "serve the map and the ledgers over HTTP"},
    .detail =
        {"提供 OGC API "
         "Features、Tiles、Processes、账号与台账接口及门户页面；首次启动生成管理员并显示一次性密码"
         "。访问日志逐行写到标准错误。\n"
         "收到 SIGTERM 或 SIGINT 后答完已接受的请求再停止。",
         "OGC API Features, Tiles and Processes, accounts, ledgers, and the portal's pages. The "
         "first\n"
         "start makes an administrator and tells his one-time password. The access log goes to\n"
         "standard error, a line of JSON a request. SIGTERM or SIGINT: requests accepted are\n"
         "answered, then it stops."},
    .options = options,
    .run = run,
};
