package ui

import "github.com/a-h/templ"

// buttonAttrs returns the attributes that only some buttons have.
func buttonAttrs(a Action) templ.OrderedAttributes {
	attrs := templ.OrderedAttributes{{Key: "data-variant", Value: a.variant()}}
	add := func(key, value string) {
		if value != "" {
			attrs = append(attrs, templ.KeyValue[string, any]{Key: key, Value: value})
		}
	}
	add("data-size", a.size())
	add("data-color", a.color())
	if a.Wide {
		attrs = append(attrs, templ.KeyValue[string, any]{Key: "data-fullwidth", Value: true})
	}
	if a.Bare {
		attrs = append(attrs, templ.KeyValue[string, any]{Key: "data-icon", Value: true})
	}
	add("data-dialog", a.Dialog)
	add("data-copy", a.Copy)
	if a.Href != "" {
		return attrs
	}
	kind := "submit"
	if a.Plain || a.Dialog != "" || a.Copy != "" {
		kind = "button"
	}
	add("type", kind)
	add("name", a.Name)
	if a.Name != "" {
		attrs = append(attrs, templ.KeyValue[string, any]{Key: "value", Value: a.Value})
	}
	add("formaction", a.To)
	return attrs
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}
