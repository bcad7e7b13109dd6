/* Runs a fuzz target over every file of a corpus folder, so that each build replays it. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    static uint8_t data[1 << 20];
    size_t n = fread(data, 1, sizeof data, f);
    (void)fclose(f);
    uint8_t *exact = malloc(n == 0 ? 1 : n); /* exact size, so that asan sees an overread */
    if (exact == NULL) {
        return 1;
    }
    memcpy(exact, data, n);
    (void)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return 2;
    }
    DIR *dir = opendir(argv[1]);
    if (dir == NULL) {
        (void)printf("SKIPPED: no corpus folder %s\n", argv[1]);
        return 77;
    }
    int n = 0, bad = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char path[4096];
        if (e->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
            bad += replay(path);
            n++;
        }
    }
    (void)closedir(dir);
    (void)printf("%d inputs replayed\n", n);
    return bad == 0 && n > 0 ? 0 : 1;
}
