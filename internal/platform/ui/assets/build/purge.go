package main

import (
	"regexp"
	"slices"
	"strings"
)

// unused lists the parts of the kit that no component draws. Rules for
// anything else stay, so a part that the kit brings with an update is never
// lost in silence.
var unused = []string{
	"badge", "badge--position", "dialog", "divider", "dropdown", "field-affix", "field-affixes", "floating", "icon",
	"list--unstyled", "paragraph", "popover", "print-preserve", "readonly-icon", "search", "skiplink", "spinner",
	"suggestion", "switch", "tabs", "toggle-group", "togglegroup", "tooltip",
}

var (
	class     = regexp.MustCompile(`\.ds-([a-z-]+)`)
	customTag = regexp.MustCompile(`^(ds|u)-[a-z]+`)
)

// purge returns the style sheet without the rules of unused parts.
func purge(css string) string {
	var b strings.Builder
	for len(css) > 0 {
		end := ruleEnd(css)
		rule := css[:end]
		css = css[end:]
		open := strings.IndexByte(rule, '{')
		if open < 0 { // @layer a, b;
			b.WriteString(rule)
			continue
		}
		head, body := rule[:open], rule[open+1:len(rule)-1]
		switch {
		case strings.HasPrefix(head, "@keyframes"), strings.HasPrefix(head, "@property"):
			b.WriteString(rule)
		case strings.HasPrefix(head, "@"):
			if inner := purge(body); inner != "" {
				b.WriteString(head + "{" + inner + "}")
			}
		default:
			if kept := keep(head); kept != "" {
				b.WriteString(kept + "{" + body + "}")
			}
		}
	}
	return b.String()
}

// ruleEnd returns the length of the first rule or statement of css.
func ruleEnd(css string) int {
	depth := 0
	for i := 0; i < len(css); i++ {
		switch css[i] {
		case '"', '\'':
			i++
			for quote := css[i-1]; i < len(css) && css[i] != quote; i++ {
				if css[i] == '\\' {
					i++
				}
			}
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			depth--
			if depth == 0 {
				return i + 1
			}
		case ';':
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(css)
}

// keep returns the selectors of the list that belong to used parts.
func keep(list string) string {
	var kept []string
	for _, selector := range splitList(list) {
		if !ofUnused(selector) {
			kept = append(kept, selector)
		}
	}
	return strings.Join(kept, ",")
}

// ofUnused reports whether a selector needs an unused part to match. Names in
// brackets, as in :not(.ds-tabs), say nothing about that.
func ofUnused(selector string) bool {
	bare := strings.Builder{}
	depth := 0
	for _, c := range selector {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		default:
			if depth == 0 {
				bare.WriteRune(c)
			}
		}
	}
	if customTag.MatchString(strings.TrimSpace(selector)) {
		return true
	}
	for _, m := range class.FindAllStringSubmatch(bare.String(), -1) {
		if slices.Contains(unused, m[1]) {
			return true
		}
	}
	return false
}

// splitList splits at the commas outside brackets.
func splitList(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, list[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, list[start:])
}
