/* SVG without anything from outside: own layout, system fonts, texts as titles where they are cut.
 */
#include "graph/layout.h"

#include "base/map.h"

enum { NAME = 40, LABEL = 26 };

static const double frame = 24, start_gap = 30, legend_row = 20;

static void add_text(struct unum_buf *out, struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<')
            unum_buf_adds(out, "&lt;");
        else if (c == '>')
            unum_buf_adds(out, "&gt;");
        else if (c == '&')
            unum_buf_adds(out, "&amp;");
        else
            unum_buf_addc(out, (unsigned char)c < 0x20 ? ' ' : c);
    }
}

static void add_words(struct unum_buf *out, const char *class, double x, double y,
                      struct unum_str text)
{
    unum_buf_printf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
    add_text(out, text);
    unum_buf_adds(out, "</text>\n");
}

static void add_title(struct graph *g, const struct asl_state *state, struct unum_buf *out)
{
    unum_buf_adds(out, "<title>");
    add_text(out, state->name);
    unum_buf_adds(out, " (");
    add_text(out, graph_kind(g, state));
    unum_buf_adds(out, ")");
    struct unum_str place = graph_place(g, state);
    if (place.len) {
        unum_buf_adds(out, ", ");
        add_text(out, place);
    }
    unum_buf_adds(out, "</title>\n");
}

/* ---- transitions ---- */

/* Vertical at both ends of every part. */
static void add_path(const struct line *line, double x, double y, struct unum_buf *out)
{
    const struct point *p = line->points;
    unum_buf_printf(out, "<path class=\"%s\" d=\"M%.1f %.1f", line->back ? "edge back" : "edge",
                    x + p[0].x, y + p[0].y);
    for (size_t i = 1; i < line->len; i++) {
        double middle = (p[i - 1].y + p[i].y) / 2;
        if (p[i].x == p[i - 1].x)
            unum_buf_printf(out, " L%.1f %.1f", x + p[i].x, y + p[i].y);
        else
            unum_buf_printf(out, " C%.1f %.1f %.1f %.1f %.1f %.1f", x + p[i - 1].x, y + middle,
                            x + p[i].x, y + middle, x + p[i].x, y + p[i].y);
    }
    unum_buf_adds(out, "\" marker-end=\"url(#arrow)\"/>\n");
}

static void add_own_loop(const struct state_layout *at, double x, double y, struct unum_buf *out)
{
    double right = x + at->x + at->w, middle = y + at->y + at->h / 2;
    unum_buf_printf(out,
                    "<path class=\"edge back\" d=\"M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f\" "
                    "marker-end=\"url(#arrow)\"/>\n",
                    right, middle - 8, right + 26, middle - 20, right + 26, middle + 20, right,
                    middle + 8);
}

static void add_lines(struct layout *l, const struct scope_layout *scope, double x, double y,
                      struct unum_buf *out)
{
    for (size_t i = 0; i < scope->lines_len; i++) {
        const struct line *line = &scope->lines[i];
        bool own = line->from->targets[line->target].state == line->from;
        if (own)
            add_own_loop(&l->states[line->from->id], x, y, out);
        else
            add_path(line, x, y, out);
    }
}

/* Labels stand above all lines, near where the transition arrives or bends first. */
static void add_labels(struct layout *l, const struct scope_layout *scope, double x, double y,
                       struct unum_buf *out)
{
    for (size_t i = 0; i < scope->lines_len; i++) {
        const struct line *line = &scope->lines[i];
        struct unum_str label = graph_label(l->g, line->from, line->target);
        if (!label.len)
            continue;
        const struct point *a = &line->points[1], *b = &line->points[2];
        double at_x = x + a->x + (b->x - a->x) * 0.6, at_y = y + a->y + (b->y - a->y) * 0.6;
        unum_buf_printf(out, "<g><title>");
        add_text(out, label);
        unum_buf_adds(out, "</title>");
        add_words(out, "label", at_x, at_y, graph_short(l->g, label, LABEL));
        unum_buf_adds(out, "</g>\n");
    }
}

/* ---- states ---- */

static void add_scope(struct layout *l, const struct asl_scope *scope,
                      const struct scope_layout *at, double x, double y, struct unum_buf *out);

static void add_fan_out(struct layout *l, const struct asl_state *state, double x, double y,
                        struct unum_buf *out)
{
    const struct state_layout *at = &l->states[state->id];
    unum_buf_printf(out, "<g>\n");
    add_title(l->g, state, out);
    unum_buf_printf(out,
                    "<rect class=\"around\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                    "rx=\"10\"/>\n"
                    "<path class=\"bar\" fill=\"%s\" d=\"M%.1f %.1f h%.1f v%.1f h-%.1f z\"/>\n",
                    x, y, at->w, at->h, graph_colour(l->g, state), x + 1, y + 8, at->w - 2,
                    LAYOUT_TITLE - 8, at->w - 2);
    struct unum_str kind = graph_kind(l->g, state);
    struct unum_str name = graph_short(l->g, state->name, NAME);
    add_words(
        out, "name", x + at->w / 2, y + 23,
        unum_arena_printf(&l->g->arena, "%.*s (%.*s)", UNUM_STR_ARG(name), UNUM_STR_ARG(kind)));
    unum_buf_adds(out, "</g>\n");
    for (size_t i = 0; i < state->branches_len; i++) {
        const struct scope_layout *branch = &at->branches[i];
        if (state->branches_len > 1)
            unum_buf_printf(out,
                            "<rect class=\"branch\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                            "height=\"%.1f\" rx=\"6\"/>\n",
                            x + branch->x - 8, y + branch->y - 10, branch->w + 16,
                            at->h - branch->y);
        add_scope(l, &state->branches[i], branch, x + branch->x, y + branch->y, out);
    }
}

static void add_state(struct layout *l, const struct asl_state *state, double x, double y,
                      struct unum_buf *out)
{
    const struct state_layout *at = &l->states[state->id];
    const char *class = state->type == ASL_TASK ? "state task" : "state";
    unum_buf_adds(out, "<g>\n");
    add_title(l->g, state, out);
    if (state->type == ASL_CHOICE)
        unum_buf_printf(
            out,
            "<path class=\"%s\" fill=\"%s\" d=\"M%.1f %.1f l12 -%.1f h%.1f l12 %.1f l-12 "
            "%.1f h-%.1f z\"/>\n",
            class, graph_colour(l->g, state), x, y + at->h / 2, at->h / 2, at->w - 24, at->h / 2,
            at->h / 2, at->w - 24);
    else
        unum_buf_printf(out,
                        "<rect class=\"%s\" fill=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                        "height=\"%.1f\" rx=\"%s\"/>\n",
                        class, graph_colour(l->g, state), x, y, at->w, at->h,
                        state->end ? "20" : "6");
    if (state->end)
        unum_buf_printf(out,
                        "<rect class=\"end\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                        "rx=\"17\"/>\n",
                        x + 3, y + 3, at->w - 6, at->h - 6);
    add_words(out, "name", x + at->w / 2, y + 20, graph_short(l->g, state->name, NAME));
    add_words(out, "kind", x + at->w / 2, y + 35, graph_short(l->g, graph_kind(l->g, state), NAME));
    unum_buf_adds(out, "</g>\n");
}

static void add_scope(struct layout *l, const struct asl_scope *scope,
                      const struct scope_layout *at, double x, double y, struct unum_buf *out)
{
    add_lines(l, at, x, y, out);
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        const struct state_layout *place = &l->states[state->id];
        if (graph_is_fan_out(state))
            add_fan_out(l, state, x + place->x, y + place->y, out);
        else
            add_state(l, state, x + place->x, y + place->y, out);
    }
    add_labels(l, at, x, y, out);
}

/* ---- legend ---- */

struct legend_row {
    const char *colour;
    struct unum_str text;
};

static size_t legend(struct graph *g, struct legend_row *rows, size_t most)
{
    bool entry = false, shared = false;
    size_t len = 0, more = 0;
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    for (size_t i = 0; i < g->len; i++) {
        const struct asl_state *state = g->nodes[i].state;
        struct unum_str function =
            state->type == ASL_TASK ? graph_function(g, state) : UNUM_STR("");
        entry = entry || g->nodes[i].owner == OWNER_ENTRY;
        shared = shared || g->nodes[i].owner == OWNER_SHARED;
        if (!function.len || unum_map_set(&seen, function, g))
            continue;
        if (len + 3 < most)
            rows[len++] = (struct legend_row){graph_colour(g, state), function};
        else
            more++;
    }
    if (more)
        rows[len++] = (struct legend_row){
            "none", unum_arena_printf(&g->arena, "and %zu more functions", more)};
    if (entry)
        rows[len++] = (struct legend_row){"#e6e6e6", UNUM_STR("the entry function")};
    if (shared)
        rows[len++] = (struct legend_row){"#ffffff", UNUM_STR("whichever function arrives")};
    return len;
}

static void add_legend(const struct legend_row *rows, size_t len, double y, struct unum_buf *out)
{
    add_words(out, "heading", frame, y,
              UNUM_STR("Colours: the function that runs a state, or "
                       "evaluates it in place"));
    for (size_t i = 0; i < len; i++) {
        y += legend_row;
        unum_buf_printf(out,
                        "<rect class=\"state\" fill=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"16\" "
                        "height=\"12\" rx=\"3\"/>\n",
                        rows[i].colour, frame, y - 10);
        add_words(out, "entry", frame + 24, y, rows[i].text);
    }
}

static const char style[] =
    "<style>\n"
    "text{font-family:Helvetica,Arial,sans-serif;text-anchor:middle;fill:#222}\n"
    ".name{font-size:13px;font-weight:600}.kind{font-size:11px;fill:#555}\n"
    ".label{font-size:10px;fill:#333;paint-order:stroke;stroke:#fff;stroke-width:3px}\n"
    ".heading,.entry{text-anchor:start;font-size:11px}.heading{fill:#555}\n"
    ".state{stroke:#666}.task{stroke:#222;stroke-width:1.6}\n"
    ".around{fill:#fafafa;stroke:#555;stroke-width:1.2}.branch{fill:#fff;stroke:#ccc}\n"
    ".bar{stroke:none}.end{fill:none;stroke:#666;stroke-width:.8}\n"
    ".edge{fill:none;stroke:#444}.back{stroke:#888;stroke-dasharray:5 3}\n"
    "</style>\n";

int graph_svg(struct graph *g, struct unum_buf *out, struct unum_err *err)
{
    struct layout l;
    struct legend_row rows[16];
    int rc = layout_make(&l, g, err);
    if (rc)
        return rc;
    size_t len = legend(g, rows, UNUM_COUNT(rows));
    double width = l.root.w < 360 ? 360 : l.root.w;
    double height = l.root.h + start_gap + legend_row * (double)(len + 2);
    const struct state_layout *start = &l.states[g->machine->scope.start->id];
    double x = frame + (width - l.root.w) / 2, y = frame + start_gap;
    double start_x = x + start->x + start->w / 2;
    unum_buf_printf(out,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                    "width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<title>",
                    width + 2 * frame, height + 2 * frame, width + 2 * frame, height + 2 * frame);
    add_text(out, g->title);
    unum_buf_adds(out, "</title>\n");
    unum_buf_adds(out, style);
    unum_buf_adds(out,
                  "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
                  "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 "
                  "8 z\" fill=\"#444\"/></marker></defs>\n"
                  "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
    unum_buf_printf(
        out,
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"#333\"/>\n"
        "<path class=\"edge\" d=\"M%.1f %.1f L%.1f %.1f\" marker-end=\"url(#arrow)\"/>\n",
        start_x, frame, start_x, frame + 6, start_x, y + start->y);
    add_scope(&l, &g->machine->scope, &l.root, x, y, out);
    add_legend(rows, len, y + l.root.h + 2 * legend_row, out);
    unum_buf_adds(out, "</svg>\n");
    return 0;
}
