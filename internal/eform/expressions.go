package eform

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// environment declares the names that expressions may use.
func (c *compiler) environment() error {
	registry, err := types.NewRegistry()
	if err != nil {
		return err
	}
	options := append(functions(),
		cel.CustomTypeProvider(&provider{registry, c.objects}), cel.CustomTypeAdapter(registry),
		cel.CrossTypeNumericComparisons(true), cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(50),
		cel.Variable("today", cel.TimestampType))
	for _, f := range c.fields {
		if f.typ != nil {
			options = append(options, cel.Variable(f.id, f.typ))
		}
	}
	c.env, err = cel.NewEnv(options...)
	return err
}

// expressions compiles every expression.
func (c *compiler) expressions() {
	for i, s := range c.steps {
		s.when = c.compile(c.env, s.When, nil, s, fmt.Sprintf("steps[%d].when", i), cel.BoolType)
		c.fieldExpressions(c.env, s.fields)
	}
}

func (c *compiler) fieldExpressions(env *cel.Env, fields []*field) {
	for _, f := range fields {
		f.when = c.compile(env, f.When, f, f.step, f.where+".when", cel.BoolType)
		f.required = c.compile(env, f.Required, f, f.step, f.where+".required", cel.BoolType)
		bound := []*cel.Type{f.typ}
		if f.kind.countd {
			bound = []*cel.Type{cel.IntType}
		} else if f.typ == cel.DoubleType {
			bound = []*cel.Type{cel.DoubleType, cel.IntType}
		}
		f.least = c.compile(env, f.Least, f, f.step, f.where+".least", bound...)
		f.most = c.compile(env, f.Most, f, f.step, f.where+".most", bound...)
		f.value = c.compile(env, f.Value, f, f.step, f.where+".value", bound...)
		for i, check := range f.Check {
			f.checks = append(f.checks, c.compile(env, check.That, f, f.step, fmt.Sprintf("%s.check[%d].that", f.where, i), cel.BoolType))
		}
		for i, o := range f.Options {
			f.offered = append(f.offered, c.compile(env, o.When, f, f.step, fmt.Sprintf("%s.options[%d].when", f.where, i), cel.BoolType))
		}
		if f.Kind == Group {
			c.rowExpressions(f)
		}
	}
}

// rowExpressions compiles what stands inside a group, where row is the row and
// outer the row around it.
func (c *compiler) rowExpressions(group *field) {
	options := []cel.EnvOption{cel.Variable("row", group.typ.Parameters()[0])}
	if group.group != nil {
		options = append(options, cel.Variable("outer", group.group.typ.Parameters()[0]))
	}
	env, err := c.env.Extend(options...)
	if err != nil {
		c.at(group.ID, group.where, "", "%v", err)
		return
	}
	c.fieldExpressions(env, group.fields)
}

// compile returns the program of an expression, nil when it is empty or wrong.
func (c *compiler) compile(env *cel.Env, e Expr, owner *field, s *step, where string, want ...*cel.Type) *program {
	if e.Empty() {
		return nil
	}
	if e.tag {
		c.fault(e.Line, e.Column, where, `Put the expression in quotes: "!…"`, "an expression that begins with ! is read as something else by YAML")
		return nil
	}
	compiled, issues := env.Compile(e.Source)
	if issues.Err() != nil {
		for _, err := range issues.Errors() {
			what, advice := celAdvice(err.Message, c.names)
			line, column := e.Line, e.Column+err.Location.Column()
			if n := err.Location.Line(); n > 1 {
				line, column = e.Line+n-1, err.Location.Column()+1
			}
			c.fault(line, column, where, advice, "%s", what)
		}
		return nil
	}
	if !slices.ContainsFunc(want, func(t *cel.Type) bool { return t.IsExactType(compiled.OutputType()) }) {
		c.fault(e.Line, e.Column, where, fmt.Sprintf("Make it give %s", want[0]), "the expression gives %s", compiled.OutputType())
		return nil
	}
	prg, err := env.Program(compiled, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		c.fault(e.Line, e.Column, where, "", "%v", err)
		return nil
	}
	p := &program{Program: prg, where: where}
	c.references(p, compiled.NativeRep(), e)
	c.order(p, owner, s, e)
	return p
}

// references finds the fields that an expression reads, and comparisons with
// options that do not exist.
func (c *compiler) references(p *program, tree *celast.AST, e Expr) {
	celast.PreOrderVisit(tree.Expr(), celast.NewExprVisitor(func(x celast.Expr) {
		if f := c.fieldOf(tree, x); f != nil && !slices.Contains(p.refs, f) {
			p.refs = append(p.refs, f)
		}
		if x.Kind() == celast.IdentKind && x.AsIdent() == "today" {
			p.today = true
		}
		if x.Kind() == celast.CallKind {
			c.comparison(tree, x, e, p.where)
		}
	}))
}

// order reports an expression that reads an answer given later: the person
// would be asked again after having gone on.
func (c *compiler) order(p *program, owner *field, s *step, e Expr) {
	if s == nil {
		return
	}
	for _, f := range p.refs {
		if f.step.index > s.index || owner == nil && f.step == s {
			c.fault(e.Line, e.Column, p.where, "Move the question to an earlier step, or the condition to a later one", "it looks at %q, which is asked later, on step %q", f.id, f.step.ID)
		}
	}
}

// fieldOf returns the field that an identifier or a selection reads.
func (c *compiler) fieldOf(tree *celast.AST, x celast.Expr) *field {
	switch x.Kind() {
	case celast.IdentKind:
		if reference := tree.ReferenceMap()[x.ID()]; reference != nil {
			return c.byID[reference.Name]
		}
	case celast.SelectKind:
		if group := c.rows[tree.GetType(x.AsSelect().Operand().ID()).TypeName()]; group != nil {
			return group.byID[x.AsSelect().FieldName()]
		}
	}
	return nil
}

// comparison reports `reason == 'lots'` when there is no such option.
func (c *compiler) comparison(tree *celast.AST, x celast.Expr, e Expr, where string) {
	call := x.AsCall()
	if len(call.Args()) != 2 || !slices.Contains([]string{"_==_", "_!=_", "@in"}, call.FunctionName()) {
		return
	}
	left, right := call.Args()[0], call.Args()[1]
	var f *field
	var texts []string
	for _, side := range []celast.Expr{left, right} {
		if found := c.fieldOf(tree, side); found != nil && found.kind.choice {
			f = found
		}
		texts = append(texts, literals(side)...)
	}
	if f == nil {
		return
	}
	for _, text := range texts {
		if f.option(text) != nil {
			continue
		}
		var values []string
		for _, o := range f.Options {
			values = append(values, o.Value)
		}
		c.fault(e.Line, e.Column, where, "Options: "+strings.Join(values, ", "), "%q is no option of %q", text, f.id)
	}
}

// literals returns the texts that a literal or a list of literals holds.
func literals(x celast.Expr) (texts []string) {
	switch x.Kind() {
	case celast.LiteralKind:
		if s, ok := x.AsLiteral().Value().(string); ok {
			return []string{s}
		}
	case celast.ListKind:
		for _, e := range x.AsList().Elements() {
			texts = append(texts, literals(e)...)
		}
	}
	return texts
}
