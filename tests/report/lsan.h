/* Leaks that are not ours, for the sanitizer builds: fontconfig hides pointers in encoded offsets,
 * which the checker takes for lost memory; Pango's font threads may still run at exit; cairo 1.16
 * loses some bytes a font when it embeds CFF fonts in a PDF. That nothing of ours grows with the
 * number of pictures is checked by a test of its own (test_map.c). */
#ifndef GT_TESTS_REPORT_LSAN_H
#define GT_TESTS_REPORT_LSAN_H

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libcairo\n";
}

#endif
