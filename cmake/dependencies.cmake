# Every library the project links, probed by pkg-config with the oldest version that is tested
# (Debian 12). The list with licences and reasons is docs/dependencies.md.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium>=1.0.18)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml>=0.7.12)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
# Headers only: these are loaded on first use (src/base/late.h). Tests link them.
pkg_check_modules(PANGOCAIRO REQUIRED IMPORTED_TARGET pangocairo>=1.50)
pkg_check_modules(CAIRO REQUIRED IMPORTED_TARGET cairo>=1.16)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate>=1.14)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib>=1.2.13)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc>=1.0.9)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.5)
pkg_check_modules(XLSXWRITER REQUIRED xlsxwriter)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(GEOS REQUIRED IMPORTED_TARGET geos>=3.11)
pkg_check_modules(PROJ REQUIRED proj>=9.1)
pkg_check_modules(GDAL REQUIRED IMPORTED_TARGET gdal>=3.6)

add_library(gt_small_libs INTERFACE)
target_link_libraries(gt_small_libs INTERFACE PkgConfig::SQLITE PkgConfig::SODIUM PkgConfig::FYAML
  PkgConfig::JANSSON PkgConfig::DEFLATE PkgConfig::ZLIB PkgConfig::ZSTD PkgConfig::BROTLI PkgConfig::MICROHTTPD Threads::Threads dl m)
target_include_directories(gt_small_libs SYSTEM INTERFACE ${PANGOCAIRO_INCLUDE_DIRS}
  ${CAIRO_INCLUDE_DIRS} ${GEOS_INCLUDE_DIRS} ${PROJ_INCLUDE_DIRS})

add_library(gt_late_libs INTERFACE)
target_link_libraries(gt_late_libs INTERFACE PkgConfig::PANGOCAIRO PkgConfig::CAIRO PkgConfig::GEOS)

add_library(gt_gdal INTERFACE)
target_link_libraries(gt_gdal INTERFACE PkgConfig::GDAL)
