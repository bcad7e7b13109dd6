#include "base/foreign.h"

#include <string.h>

typedef struct pair {
    const char *en, *zh;
} pair;

/* Whole texts. */
static const pair exact[] = {
    {"end of text", "文本结束"},
    {"number", "数字"},
    {"geometry", "几何"},
    {"POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING or MULTIPOLYGON",
     "POINT、LINESTRING、POLYGON、MULTIPOINT、MULTILINESTRING 或 MULTIPOLYGON"},
    {"it lies outside the area of the projection", "位于投影的适用范围之外"},
    {"no memory", "内存不足"},
    {"opened for reading", "以只读方式打开"},
    {"unreadable", "无法读取"},
};

/* Parts of texts, the longer before what it holds. */
static const pair known[] = {
    /* GEOS, validity (operation/valid/TopologyValidationError) */
    {"Ring Self-intersection", "环自相交"},
    {"Self-intersection", "边界自相交"},
    {"Hole lies outside shell", "内环在外环之外"},
    {"Holes are nested", "内环相互嵌套"},
    {"Interior is disconnected", "内部不连通"},
    {"Nested shells", "部件相互嵌套"},
    {"Duplicate Rings", "环重复"},
    {"Too few points in geometry component", "点数不足以构成几何"},
    {"Too few distinct points", "不同的点不足以构成几何"},
    {"Invalid Coordinate", "坐标无效"},
    {"Ring is not closed", "环未闭合"},
    {"Repeated Point", "点重复"},
    /* PROJ (proj_errno_string and the log) */
    {"crs not found", "坐标系数据库中没有该代码"},
    {"latitude or longitude out of range", "纬度或经度超出范围"},
    {"latitude or longitude exceeded limits", "纬度或经度超出范围"},
    {"Invalid latitude", "纬度无效"},
    {"Invalid longitude", "经度无效"},
    {"Invalid coordinate", "坐标无效"},
    {"Point outside of projection domain", "点位于投影的适用范围之外"},
    {"No operation found matching criteria", "没有符合条件的坐标转换"},
    {"Grid not found", "找不到格网改正文件"},
    {"unrecognized format / unknown name", "格式或名称无法识别"},
    {"Unknown error", "未知错误"},
    /* the system */
    {"No such file or directory", "文件或目录不存在"},
    {"Permission denied", "没有权限"},
    {"Operation not permitted", "不允许此操作"},
    {"No space left on device", "磁盘空间不足"},
    {"Disk quota exceeded", "超出磁盘配额"},
    {"Is a directory", "这是一个目录"},
    {"Not a directory", "不是目录"},
    {"Directory not empty", "目录非空"},
    {"File exists", "文件已存在"},
    {"Read-only file system", "文件系统只读"},
    {"File name too long", "文件名过长"},
    {"Too many open files", "打开的文件过多"},
    {"File too large", "文件过大"},
    {"Input/output error", "读写错误"},
    {"Broken pipe", "管道已断开"},
    {"Cannot allocate memory", "内存不足"},
    {"Resource temporarily unavailable", "资源暂时不可用"},
    {"Connection reset by peer", "连接被对方断开"},
    /* SQLite */
    {"database disk image is malformed", "数据库文件已损坏"},
    {"file is not a database", "文件不是数据库"},
    {"database is locked", "数据库被占用"},
    {"database or disk is full", "磁盘空间不足"},
    {"attempt to write a readonly database", "数据库只读"},
    {"unable to open database file", "无法打开数据库文件"},
    {"disk I/O error", "磁盘读写错误"},
    {"out of memory", "内存不足"},
    /* GDAL */
    {"not recognized as a supported file format", "文件格式无法识别"},
    {"not recognized as being in a supported file format", "文件格式无法识别"},
    {"Unable to open", "无法打开所需文件"},
    {"Failed to read all features", "未能读完全部要素"},
    {"unexpected end of data", "数据意外结束"},
    {"JSON parsing error", "JSON 语法错误"},
};

bool gt_foreign_arg(const char *name, size_t len)
{
    return (len == 6 && memcmp(name, "reason", 6) == 0) ||
           (len == 5 && memcmp(name, "found", 5) == 0) ||
           (len == 6 && memcmp(name, "wanted", 6) == 0);
}

/* Three words of Latin letters or more: a sentence somebody should read. */
static bool is_sentence(const char *text)
{
    int words = 0;
    bool in_word = false;
    for (const char *p = text; *p != '\0'; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        if ((unsigned char)*p >= 0x80) {
            return false;
        }
        words += letter && !in_word ? 1 : 0;
        in_word = letter || (in_word && *p != ' ');
    }
    return words >= 3;
}

void gt_foreign_put(const char *text, gt_text *out)
{
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        if (strcmp(text, exact[i].en) == 0) {
            gt_text_puts(out, exact[i].zh);
            return;
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strstr(text, known[i].en) != NULL) {
            gt_text_puts(out, known[i].zh);
            return;
        }
    }
    gt_text_printf(out, is_sentence(text) ? "原文：“%s”" : "%s", text);
}
