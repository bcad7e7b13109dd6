/* A disk that fails: a shim under SQLite for the whole test program. One thread. */
#ifndef GT_TESTS_BAD_DISK_H
#define GT_TESTS_BAD_DISK_H

void bad_disk_install(void); /* connections opened from now on use it */
void bad_disk_remove(void);
/* After so many writes, truncations and syncs every further one fails with SQLite's code
 * (SQLITE_IOERR_WRITE, SQLITE_FULL): a disk that is gone stays gone. */
void bad_disk_arm(long operations, int code);
/* The disk is well again; how often it has failed since bad_disk_arm. */
int bad_disk_disarm(void);

#endif
