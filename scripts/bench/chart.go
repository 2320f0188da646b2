package main

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// The sizes of a chart, in pixels.
const (
	panelWidth, panelHeight = 360, 230
	plotLeft, plotTop       = 56, 50
	plotWidth, plotHeight   = 280, 130
)

var chartColors = [2]string{"#1f6feb", "#8b949e"}

// chart draws each series in a panel of its own, two in a row. The counts stand at the
// same distance from each other, the costs are linear from zero.
func chart(all []series) string {
	var b strings.Builder
	rows := (len(all) + 1) / 2
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12" role="img" aria-label="how costs grow">
<rect width="100%%" height="100%%" fill="#ffffff"/>
`, 2*panelWidth, rows*panelHeight)
	for i, s := range all {
		fmt.Fprintf(&b, "<g transform=\"translate(%d,%d)\">\n", i%2*panelWidth, i/2*panelHeight)
		s.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (s series) draw(b *strings.Builder) {
	var most time.Duration
	for _, p := range s.at {
		most = max(most, p.ours.Median, p.against.Median)
	}
	fmt.Fprintf(b, "<text x=\"8\" y=\"20\" font-weight=\"bold\">%s</text>\n", html.EscapeString(s.title))
	fmt.Fprintf(b, "<path d=\"M%d %dv%dh%d\" fill=\"none\" stroke=\"#57606a\"/>\n", plotLeft, plotTop, plotHeight, plotWidth)
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", plotLeft-4, plotTop+10, cost(most))
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n", plotLeft-4, plotTop+plotHeight)
	for line, name := range s.names {
		fmt.Fprintf(b, "<text x=\"%d\" y=\"38\" fill=\"%s\">%s</text>\n", plotLeft+line*120, chartColors[line], html.EscapeString(name))
		var points []string
		for i, p := range s.at {
			took := [2]spread{p.ours, p.against}[line].Median
			x := plotLeft + 20 + i*(plotWidth-40)/max(len(s.at)-1, 1)
			y := plotTop + plotHeight - int(float64(took)/float64(max(most, 1))*plotHeight)
			points = append(points, fmt.Sprintf("%d,%d", x, y))
			if line == 0 {
				fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%d</text>\n", x, plotTop+plotHeight+16, p.count)
			}
		}
		fmt.Fprintf(b, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", strings.Join(points, " "), chartColors[line])
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", plotLeft+plotWidth/2, plotTop+plotHeight+32, s.unit)
}

// cost is a duration in three digits or so.
func cost(d time.Duration) string {
	if d >= time.Second {
		return seconds(d)
	}
	return ms(d)
}
