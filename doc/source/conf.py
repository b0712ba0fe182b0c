# SPDX-License-Identifier: Apache-2.0
"""How Sphinx builds the documentation: ``tox -e docs``.

Nothing is fetched from the network, and the pages fetch nothing from other sites.
"""

from importlib import metadata

project = 'nova-assist'
project_copyright = 'The nova-assist authors'
version = release = metadata.version('nova-assist')

extensions = [
    'openstackdocstheme',
    'oslo_config.sphinxext',
    'reno.sphinxext',
    'sphinx.ext.autodoc',
]
autodoc_typehints = 'none'
highlight_language = 'none'
pygments_style = 'native'

html_theme = 'openstackdocs'
html_theme_options = {
    'analytics_tracking_code': '',
    'display_badge': False,
    'root_title': project,
    'sidebar_search': True,
}
html_title = project
html_static_path = ['_static']
html_css_files = ['project.css']
templates_path = ['_templates']

# The theme would ask pbr, which this project does not use.
openstackdocs_auto_name = False
openstackdocs_auto_version = False
