#include "base/clock.h"

#include <errno.h>
#include <time.h>

static int64_t system_wall_ms(void *cookie)
{
    (void)cookie;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_monotonic_ns(void *cookie)
{
    (void)cookie;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void system_sleep_ms(void *cookie, int64_t ms)
{
    (void)cookie;
    if (ms <= 0)
        return;
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

const struct unum_clock unum_clock_system = {NULL, system_wall_ms, system_monotonic_ns,
                                             system_sleep_ms};

/* Civil date from days since 1970-01-01, proleptic Gregorian: years start in March so that the
 * leap day is last, 400-year eras have 146097 days. */
static void civil_date(int64_t days, struct unum_civil *ret)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    ret->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    ret->month = (int)(month < 10 ? month + 3 : month - 9);
    ret->year = (int)(year_of_era + era * 400 + (ret->month <= 2));
}

static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct unum_civil unum_civil_of(int64_t wall_ms)
{
    const int64_t day_ms = 86400000;
    int64_t days = wall_ms / day_ms;
    int64_t rest = wall_ms % day_ms;
    if (rest < 0) {
        rest += day_ms;
        days--;
    }
    struct unum_civil civil = {.hour = (int)(rest / 3600000),
                               .minute = (int)(rest / 60000 % 60),
                               .second = (int)(rest / 1000 % 60),
                               .ms = (int)(rest % 1000)};
    civil_date(days, &civil);
    return civil;
}

int64_t unum_civil_to_ms(const struct unum_civil *civil)
{
    return ((days_of(civil->year, civil->month, civil->day) * 24 + civil->hour) * 60 +
            civil->minute) *
               60000 +
           (int64_t)civil->second * 1000 + civil->ms;
}

void unum_time_rfc3339(int64_t wall_ms, struct unum_buf *out)
{
    struct unum_civil c = unum_civil_of(wall_ms);
    unum_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, c.hour,
                    c.minute, c.second, c.ms);
}

/* `count` digits, by hand: every signature needs a date. */
static void put_digits(char *to, size_t count, int value)
{
    unsigned left = value > 0 ? (unsigned)value : 0;
    while (count) {
        to[--count] = (char)('0' + left % 10);
        left /= 10;
    }
}

void unum_time_basic(int64_t wall_ms, struct unum_buf *out)
{
    struct unum_civil c = unum_civil_of(wall_ms);
    if (c.year < 0 || c.year > 9999) {
        unum_buf_printf(out, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour, c.minute,
                        c.second);
        return;
    }
    char text[] = "YYYYMMDDThhmmssZ";
    put_digits(text, 4, c.year);
    put_digits(text + 4, 2, c.month);
    put_digits(text + 6, 2, c.day);
    put_digits(text + 9, 2, c.hour);
    put_digits(text + 11, 2, c.minute);
    put_digits(text + 13, 2, c.second);
    unum_buf_adds(out, text);
}

static bool take_digits(struct unum_str *rest, size_t count, int *ret)
{
    uint64_t value;
    if (rest->len < count || !unum_str_to_u64(unum_str_slice(*rest, 0, count), &value))
        return false;
    *ret = (int)value;
    *rest = unum_str_from_pos(*rest, count);
    return true;
}

static bool take_char(struct unum_str *rest, const char *set)
{
    for (; *set; set++) {
        if (rest->len && rest->ptr[0] == *set) {
            *rest = unum_str_from_pos(*rest, 1);
            return true;
        }
    }
    return false;
}

static bool take_fraction(struct unum_str *rest, int *ret_ms)
{
    int ms = 0;
    size_t digits = 0;
    for (; rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9'; digits++) {
        if (digits < 3)
            ms = ms * 10 + (rest->ptr[0] - '0');
        *rest = unum_str_from_pos(*rest, 1);
    }
    for (size_t i = digits; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return digits > 0;
}

static bool valid_civil(const struct unum_civil *c)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;
    return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= lengths[c->month - 1] &&
           (c->month != 2 || c->day <= 28 || leap) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 60;
}

bool unum_time_parse(struct unum_str text, int64_t *ret_wall_ms)
{
    struct unum_civil c = {0};
    if (!take_digits(&text, 4, &c.year) || !take_char(&text, "-") ||
        !take_digits(&text, 2, &c.month) || !take_char(&text, "-") ||
        !take_digits(&text, 2, &c.day) || !take_char(&text, "Tt") ||
        !take_digits(&text, 2, &c.hour) || !take_char(&text, ":") ||
        !take_digits(&text, 2, &c.minute) || !take_char(&text, ":") ||
        !take_digits(&text, 2, &c.second))
        return false;
    if (take_char(&text, ".") && !take_fraction(&text, &c.ms))
        return false;
    int64_t offset_minutes = 0;
    if (!take_char(&text, "Zz")) {
        bool west = text.len && text.ptr[0] == '-';
        int hours;
        int minutes;
        if (!take_char(&text, "+-") || !take_digits(&text, 2, &hours) || !take_char(&text, ":") ||
            !take_digits(&text, 2, &minutes) || hours > 23 || minutes > 59)
            return false;
        offset_minutes = ((int64_t)hours * 60 + minutes) * (west ? -1 : 1);
    }
    if (text.len || !valid_civil(&c))
        return false;
    *ret_wall_ms = unum_civil_to_ms(&c) - offset_minutes * 60000;
    return true;
}
