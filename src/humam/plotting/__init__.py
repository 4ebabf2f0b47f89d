"""Pictures: one style, panels that figures share, brain maps."""
