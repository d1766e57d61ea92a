"""Lists written as one text. No heavy imports: the command line needs them for --help."""


def outer_commas(text: str) -> list[str]:
    """Split a text at commas outside parentheses, without blank parts: ``MSTL(7,30), Naive`` gives two names."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]
