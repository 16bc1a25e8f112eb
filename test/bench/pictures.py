"""Bars with whiskers, as SVG, by gnuplot."""
import subprocess

COLOURS = {True: "#1f77b4", False: "#b0b0b0"}  # ours, and what it is compared with
SCRIPT = """
set terminal svg size 860,{height} dynamic enhanced background "#ffffff" font "sans-serif,13"
set output {output}
set title {title} font "sans-serif,15"
set xlabel {unit}
set border 3 lc rgb "#808080"
set grid xtics lc rgb "#e0e0e0"
set tics nomirror textcolor rgb "#202020"
set yrange [{last}:-0.6]
{scale}
set xrange [{least}:{most}]
set offsets 0,0,0,0
set style fill solid 1.0 noborder
set ytics ({ticks})
unset key
$bars << END
{data}
END
plot $bars using ({least}):1:({least}):2:($1-0.34):($1+0.34):5 with boxxyerror lc rgb variable, \\
     $bars using 2:1:3:4 with xerrorbars pt 0 lw 1.2 lc rgb "#202020", \\
     $bars using 4:1:6 with labels left offset 0.8,0 font "sans-serif,12"
"""


def quote(text):
    return '"' + text.replace("\\", "").replace('"', "'").replace("_", "\\\\_") + '"'


def label(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def draw(picture, path):
    """A bar whose label begins with the product's name has the product's colour."""
    bars = [(text, figure) for text, figure in picture.bars if figure]
    lines = []
    for place, (text, figure) in enumerate(bars):
        colour = int(COLOURS[text.startswith("guestops")][1:], 16)
        lines.append(f'{place} {figure.value} {figure.low} {figure.high} {colour} '
                     f'"{label(figure.value)}"')
    most = max(figure.high for _, figure in bars)
    least = min(figure.low for _, figure in bars) / 3 if picture.logarithmic else 0
    script = SCRIPT.format(
        height=110 + 30 * len(bars), output=quote(path), title=quote(picture.title),
        unit=quote(picture.unit), last=len(bars) - 0.4, least=least,
        most=most * (4 if picture.logarithmic else 1.15),
        scale="set logscale x" if picture.logarithmic else "",
        ticks=", ".join(f"{quote(text)} {place}" for place, (text, _) in enumerate(bars)),
        data="\n".join(lines))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
