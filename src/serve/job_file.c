/* job.json, and the folder it stands in. */
#include "serve/job_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const state_names[] = {"accepted", "running", "successful", "failed",
                                          "dismissed"};

const char *gt_job_state_name(gt_job_state state)
{
    return state_names[state];
}

gt_job *gt_job_new(gt_ctx *ctx)
{
    return gt_zalloc(ctx, 1, sizeof(gt_job));
}

void gt_job_free(gt_ctx *ctx, gt_job *job)
{
    if (job != NULL) {
        gt_free(ctx, job->inputs);
        gt_free(ctx, job->error[0]);
        gt_free(ctx, job->error[1]);
        gt_free(ctx, job);
    }
}

bool gt_job_id_good(const char *id)
{
    return strlen(id) == GT_JOB_ID - 1 && strspn(id, "0123456789abcdef") == GT_JOB_ID - 1;
}

bool gt_job_path(const char *dir, const char *id, const char *rest, char out[GT_JOB_PATH])
{
    int n = snprintf(out, GT_JOB_PATH, *rest == '\0' ? "%s/%s%s" : "%s/%s/%s", dir, id, rest);
    return n > 0 && n < GT_JOB_PATH;
}

static gt_status make_folder(gt_ctx *ctx, const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? GT_OK
                                                     : gt_fail_errno(ctx, errno, "mkdir", path);
}

gt_status gt_job_folder(gt_ctx *ctx, const char *dir, const char *id)
{
    char path[GT_JOB_PATH];
    if (!gt_job_path(dir, id, "out", path)) {
        return gt_fail_errno(ctx, ENAMETOOLONG, "mkdir", dir);
    }
    gt_status st = make_folder(ctx, dir);
    char *end = strrchr(path, '/');
    *end = '\0';
    st = st == GT_OK ? make_folder(ctx, path) : st;
    *end = '/';
    return st == GT_OK ? make_folder(ctx, path) : st;
}

gt_status gt_job_write(gt_ctx *ctx, const char *dir, const char *id, const char *rest,
                       const char *data, size_t len)
{
    char path[GT_JOB_PATH], beside[GT_JOB_PATH];
    char name[64];
    (void)snprintf(name, sizeof name, "%.50s.new", rest);
    if (!gt_job_path(dir, id, rest, path) || !gt_job_path(dir, id, name, beside)) {
        return gt_fail_errno(ctx, ENAMETOOLONG, "write", dir);
    }
    FILE *file = fopen(beside, "wb");
    if (file == NULL) {
        return gt_fail_errno(ctx, errno, "write", beside);
    }
    bool bad = fwrite(data, 1, len, file) != len;
    bad = fclose(file) != 0 || bad;
    if (bad || rename(beside, path) != 0) {
        gt_status st = gt_fail_errno(ctx, errno, "write", path);
        (void)unlink(beside);
        return st;
    }
    return GT_OK;
}

gt_status gt_job_record(gt_ctx *ctx, const char *dir, const gt_job *job)
{
    gt_text o;
    gt_text_init(&o, ctx, 0);
    gt_text_puts(&o, "{\"process\":");
    gt_text_json_string(&o, job->process);
    gt_text_puts(&o, ",\"account\":");
    gt_text_json_string(&o, job->account);
    gt_text_printf(&o, ",\"owner\":\"%s\"", job->owner);
    gt_text_printf(&o, ",\"lang\":\"%s\",\"status\":\"%s\",\"made\":%lld,\"begun\":%lld,",
                   job->lang == GT_LANG_ZH ? "zh" : "en", state_names[job->state],
                   (long long)job->made_ms, (long long)job->begun_ms);
    gt_text_printf(&o, "\"ended\":%lld,\"error\":", (long long)job->ended_ms);
    gt_text_json_string(&o, job->error_id);
    gt_text_puts(&o, ",\"en\":");
    gt_text_json_string(&o, job->error[GT_LANG_EN]);
    gt_text_puts(&o, ",\"zh\":");
    gt_text_json_string(&o, job->error[GT_LANG_ZH]);
    gt_text_printf(&o, ",\"inputs\":%s}\n", job->inputs == NULL ? "{}" : job->inputs);
    gt_status st = gt_text_status(&o);
    st = st == GT_OK ? gt_job_write(ctx, dir, job->id, "job.json", gt_text_cstr(&o), o.len) : st;
    gt_text_free(&o);
    return st;
}

static void copy_text(char *out, size_t cap, const json_t *from)
{
    (void)snprintf(out, cap, "%s", json_is_string(from) ? json_string_value(from) : "");
}

static gt_status keep_text(gt_ctx *ctx, const json_t *from, char **out)
{
    *out = json_is_string(from) ? gt_strdup(ctx, json_string_value(from)) : NULL;
    return json_is_string(from) && *out == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status fill_job(gt_ctx *ctx, const json_t *root, gt_job *job)
{
    const char *state = json_string_value(json_object_get(root, "status"));
    const char *lang = json_string_value(json_object_get(root, "lang"));
    copy_text(job->process, sizeof job->process, json_object_get(root, "process"));
    copy_text(job->account, sizeof job->account, json_object_get(root, "account"));
    copy_text(job->owner, sizeof job->owner, json_object_get(root, "owner"));
    copy_text(job->error_id, sizeof job->error_id, json_object_get(root, "error"));
    job->lang = lang != NULL && strcmp(lang, "zh") == 0 ? GT_LANG_ZH : GT_LANG_EN;
    job->state = GT_JOB_FAILED;
    for (int i = 0; state != NULL && i <= GT_JOB_DISMISSED; i++) {
        job->state = strcmp(state, state_names[i]) == 0 ? (gt_job_state)i : job->state;
    }
    job->made_ms = json_integer_value(json_object_get(root, "made"));
    job->begun_ms = json_integer_value(json_object_get(root, "begun"));
    job->ended_ms = json_integer_value(json_object_get(root, "ended"));
    gt_status st = keep_text(ctx, json_object_get(root, "en"), &job->error[GT_LANG_EN]);
    st = st == GT_OK ? keep_text(ctx, json_object_get(root, "zh"), &job->error[GT_LANG_ZH]) : st;
    char *inputs = json_dumps(json_object_get(root, "inputs"), JSON_COMPACT);
    if (st == GT_OK && inputs != NULL) {
        job->inputs = gt_strdup(ctx, inputs);
        st = job->inputs == NULL ? GT_E_MEMORY : GT_OK;
    }
    free(inputs);
    return st;
}

gt_status gt_job_read(gt_ctx *ctx, const char *dir, const char *id, gt_job **out)
{
    char path[GT_JOB_PATH];
    json_error_t error;
    *out = NULL;
    json_t *root = gt_job_path(dir, id, "job.json", path) ? json_load_file(path, 0, &error) : NULL;
    if (!json_is_object(root)) {
        json_decref(root);
        return GT_OK;
    }
    gt_job *job = gt_job_new(ctx);
    gt_status st = job == NULL ? GT_E_MEMORY : fill_job(ctx, root, job);
    json_decref(root);
    if (st != GT_OK) {
        gt_job_free(ctx, job);
        return st;
    }
    (void)snprintf(job->id, sizeof job->id, "%s", id);
    *out = job;
    return GT_OK;
}

static const char called_off[] = "called-off";

void gt_job_call_off(const char *dir, const char *id)
{
    char path[GT_JOB_PATH];
    int fd = gt_job_path(dir, id, called_off, path)
                 ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
}

bool gt_job_called_off(const char *dir, const char *id)
{
    char path[GT_JOB_PATH];
    return gt_job_path(dir, id, called_off, path) && access(path, F_OK) == 0;
}

/* The files of one folder, and the folder. */
static void remove_flat(const char *path)
{
    DIR *folder = opendir(path);
    char file[GT_JOB_PATH];
    struct dirent *entry = NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        int n = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_type != DT_DIR && n > 0 && n < (int)sizeof file) {
            (void)unlink(file);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    (void)rmdir(path);
}

void gt_job_remove(const char *dir, const char *id)
{
    char path[GT_JOB_PATH];
    if (gt_job_path(dir, id, "out", path)) {
        remove_flat(path);
    }
    if (gt_job_path(dir, id, "", path)) {
        remove_flat(path);
    }
}
